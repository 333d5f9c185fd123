import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IntentStore, joined } from './intent-store.js';
import type { LaunchIntent } from './launch-intent.js';

let home: string;
let folder: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'megalith-intents-'));
  folder = join(home, 'cloud', 'intents');
});
afterEach(() => rm(home, { recursive: true, force: true }));

const intent: LaunchIntent = {
  formatVersion: 1,
  id: '0123456789abcdef',
  provider: 'ec2',
  region: 'eu-west-1',
  owner: 'ann@desk',
  label: 'internal',
  requirements: { cpus: 64, memoryBytes: 2 ** 39 },
  job: 'job-1',
  createdAt: 1_000,
  expiresAt: 2_000,
  tries: [],
};
const attempt = (n: number) => ({ clientToken: `token-${n}`, request: 'digest', at: n });

describe('the intents of a client', () => {
  it('are on disk as they were given, for the owner only', async () => {
    const store = new IntentStore(home);
    expect(await store.all()).toEqual({ intents: [], damaged: [] });
    await store.put(intent);
    expect(await new IntentStore(home).all()).toEqual({ intents: [intent], damaged: [] });
    expect(await store.find(intent.id)).toEqual(intent);
    const path = join(folder, `${intent.id}.json`);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect(await readdir(folder)).toEqual([`${intent.id}.json`]);
    await store.forget(intent.id);
    await store.forget(intent.id);
    expect(await readdir(folder)).toEqual([]);
    expect(await store.find(intent.id)).toBeUndefined();
  });

  it('are closed once, and stay closed', async () => {
    const store = new IntentStore(home);
    expect(await store.close(intent.id, 5)).toBeUndefined();
    await store.put(intent);
    expect((await store.close(intent.id, 5))?.closedAt).toBe(5);
    expect((await store.close(intent.id, 9))?.closedAt).toBe(5);
    expect((await store.put({ ...intent, machine: 'i-1' })).closedAt).toBe(5);
    expect((await store.find(intent.id))?.machine).toBe('i-1');
  });

  it('keep the damaged apart, and name them each time', async () => {
    const store = new IntentStore(home);
    await store.put(intent);
    await writeFile(join(folder, '1111111111111111.json'), '{"formatVersion":1,');
    await writeFile(join(folder, '2222222222222222.json'), JSON.stringify(intent));
    await writeFile(join(folder, '3333333333333333.json'), JSON.stringify({ ...intent, label: 'secret' }));
    await writeFile(join(folder, '4444444444444444.json'), '{"formatVersion":2}');
    for (const run of ['first', 'second']) {
      const { intents, damaged } = await store.all();
      expect(intents, run).toEqual([intent]);
      expect(damaged.map(({ path }) => path.slice(folder.length + 1, folder.length + 17)).sort(), run).toEqual(
        ['1', '2', '3', '4'].map(digit => digit.repeat(16)),
      );
      for (const { path } of damaged) expect((await readFile(path, 'utf8')).length).toBeGreaterThan(0);
    }
    expect(await readdir(folder)).toContain('4444444444444444.json');
    await expect(store.put({ ...intent, id: '4444444444444444' })).rejects.toMatchObject({ code: 'JOURNAL_FAILED' });
    await store.put({ ...intent, id: '1111111111111111' });
    expect((await store.all()).intents).toHaveLength(2);
  });

  it('refuse what is no intent, and names that are no ids', async () => {
    const store = new IntentStore(home);
    await expect(store.put({ ...intent, id: '../../../etc/x' })).rejects.toThrow();
    await expect(store.find('../x')).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('say what is wrong with the disk', async () => {
    await writeFile(join(home, 'cloud'), 'a file where a folder should be');
    await expect(new IntentStore(home).put(intent)).rejects.toMatchObject({ code: 'JOURNAL_FAILED' });
    await expect(new IntentStore(home).all()).rejects.toMatchObject({ code: 'JOURNAL_FAILED' });
  });

  it('lose no try of several writers', async () => {
    const stores = [new IntentStore(home), new IntentStore(home), new IntentStore(home)];
    const puts = Array.from({ length: 30 }, (_, n) => stores[n % 3]!.put({ ...intent, tries: [attempt(n)] }));
    const closing = stores[0]!.close(intent.id, 7);
    await Promise.all([...puts, closing]);
    expect((await stores[1]!.find(intent.id))?.tries).toHaveLength(30);
    expect(await readdir(folder)).toEqual([`${intent.id}.json`]);
  });
});

describe('joining what two processes know', () => {
  const some = fc.record({
    tries: fc.uniqueArray(fc.nat(9).map(attempt), { selector: one => one.clientToken }),
    closedAt: fc.option(fc.nat(9), { nil: undefined }),
  });
  const made = some.map(({ tries, closedAt }): LaunchIntent => {
    return { ...intent, tries, ...(closedAt === undefined ? {} : { closedAt }) };
  });

  it('gives the same in either order, and again', () => {
    fc.assert(
      fc.property(made, made, (one, other) => {
        expect(joined(one, other)).toEqual(joined(other, one));
        expect(joined(one, joined(one, other))).toEqual(joined(one, other));
      }),
    );
  });
});
