import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CloudObject } from '@megalith/agent';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FunctionExecutor } from '../executor/function-executor.js';
import type { TaskContext } from '../executor/types.js';
import { findPointers } from './item-pointers.js';
import { StoresHere } from './stores-here.js';

const home = mkdtempSync(join(tmpdir(), 'megalith-pointers-'));
const lab = join(home, 'lab');
writeFileSync(
  join(home, 'megalith.yaml'),
  JSON.stringify({
    stores: { lab: { url: lab, clearance: 'restricted' }, open: { url: join(home, 'open'), clearance: 'public' } },
  }),
);
let executor: FunctionExecutor;
beforeAll(() => {
  executor = new FunctionExecutor({ backend: 'local', home, slots: 1 });
});
afterAll(async () => {
  await executor.close();
  rmSync(home, { recursive: true, force: true });
});

const put = async (value: unknown, { storage }: TaskContext): Promise<CloudObject> => storage.put(value);
const get = async (object: CloudObject, { storage }: TaskContext): Promise<unknown> => storage.get(object);

async function listed(job: string): Promise<CloudObject[]> {
  const found: CloudObject[] = [];
  for await (const object of executor.storage.list(job)) found.push(object);
  return found;
}

describe('pointers', () => {
  test('have the label of the job that put them, and give it to the job that reads them', async () => {
    const [pointer] = await executor.map(put, [1], { label: 'confidential', store: 'lab' });
    expect(pointer).toMatchObject({ label: 'confidential' });
    const reading = executor.map(get, [pointer!]);
    expect(await reading).toEqual([1]);
    expect(reading.plan).toMatchObject({ label: 'confidential' });
    // A job that has its label already may not read what is above it.
    const lazily = executor.map(
      get,
      (function* () {
        yield pointer!;
      })(),
    );
    await expect(lazily).rejects.toMatchObject({ code: 'POLICY' });
  });

  test('of which nobody says how sensitive they are count as all that their store is cleared for', async () => {
    const { label: _, ...pointer } = await executor.storage.put(1, { store: 'lab' });
    const reading = executor.map(get, [pointer]);
    await reading;
    expect(reading.plan).toMatchObject({ label: 'restricted' });
  });

  test('are not made where the store is not cleared for the data', async () => {
    await expect(executor.map(put, [1], { store: 'open' })).rejects.toMatchObject({ code: 'POLICY' });
    await expect(executor.storage.put(1, { store: 'open' })).rejects.toMatchObject({ code: 'POLICY' });
    const pointer = await executor.storage.put(1, { store: 'open', label: 'public' });
    expect(await executor.storage.get(pointer)).toBe(1);
  });

  test('in folders bind a job to this machine', () => {
    const pointer = {
      megalith: 'object',
      store: 'file:///a',
      key: 'k',
      etag: 'e',
      bytes: 1,
      content: 'bytes',
    } as const;
    expect(findPointers([1, { a: pointer }])).toMatchObject({
      onlyHere: expect.stringContaining('file:///a/k'),
      isAll: true,
    });
    expect(findPointers([{ ...pointer, store: 's3://b' }, Promise.resolve(1)])).toMatchObject({
      onlyHere: undefined,
      isAll: false,
    });
    expect(findPointers(new Set([pointer])).samples).toEqual([pointer]);
  });

  test('of several stores are deleted each from its own, and the same key elsewhere stays', async () => {
    const [one, other] = [await executor.storage.put(1, { store: 'lab' }), await executor.storage.put(2)];
    await executor.storage.delete([one, other]);
    expect([await executor.storage.head(one), await executor.storage.head(other)]).toEqual([undefined, undefined]);
  });

  test('to objects that stay longer than their job are not cleaned with it', async () => {
    const job = executor.map(put, [1], { keep: 'pinned' });
    const [pointer] = await job;
    expect(pointer!.key).toMatch(new RegExp(`^kept/${job.id}/`));
    expect(await executor.storage.clean({ jobs: [job.id] })).toEqual({ objects: 0, bytes: 0 });
    expect(await executor.storage.get(pointer!)).toBe(1);
  });

  test('cost a job nothing that has none: no folder is made', async () => {
    const own = mkdtempSync(join(tmpdir(), 'megalith-pointers-'));
    await using idle = new FunctionExecutor({ backend: 'local', home: own });
    await idle.map((n: number) => n, [1]);
    expect(readdirSync(own)).not.toContain('objects');
    await idle.close();
    rmSync(own, { recursive: true });
  });
});

describe('a store is found', () => {
  const stores = new StoresHere('/home', async () => ({
    stores: {
      a: { url: 's3://bucket/data/', region: 'eu-west-1', clearance: 'confidential' },
      b: { url: '/data', clearance: 'public' },
    },
    policy: { defaultLabel: 'internal', hereClearance: 'restricted', tags: {}, paths: [], regions: {} },
  }));

  test.each([
    ['by its name', 'a', 'a', 'confidential', 's3://bucket/data'],
    ['by its URL', 's3://bucket/data', 'a', 'confidential', 's3://bucket/data'],
    ['as a folder in one', 's3://bucket/data/x', 's3://bucket/data/x', 'confidential', 's3://bucket/data/x'],
    ['as a folder of this machine', 'file:///data/x', 'file:///data/x', 'public', 'file:///data/x'],
    [
      'beside one, as what nobody configured',
      's3://bucket/database',
      's3://bucket/database',
      'internal',
      's3://bucket/database',
    ],
    ['as that of all jobs', 'file:///home/objects', 'file:///home/objects', 'restricted', 'file:///home/objects'],
  ])('%s', async (_, text, name, clearance, url) => {
    expect(await stores.open(text)).toMatchObject({ name, clearance, url });
  });
});

describe('when someone is killed', () => {
  test('in the middle of a put, no object is there, and the next try puts a whole one', async () => {
    const job = executor.callAsync(
      async (_: undefined, { attempt, storage }) => {
        async function* pieces() {
          yield new Uint8Array(100_000);
          if (attempt === 1) process.kill(process.pid, 'SIGKILL');
          yield new Uint8Array(5);
        }
        return storage.put(pieces());
      },
      undefined,
      { retries: 1 },
    );
    const pointer = await job;
    expect([job.attempts[0]?.failure?.code, pointer.bytes]).toEqual(['CRASHED', 100_005]);
    expect((await listed(job.job.id)).map(({ key }) => key)).toEqual([pointer.key]);
    expect((await executor.storage.get<Uint8Array>(pointer)).length).toBe(100_005);
    expect(readdirSync(join(home, 'objects', '.megalith', 'tmp'))).toEqual([]);
  });

  test('in the middle of cleaning, what is left is whole, and a repeat finishes', async () => {
    const count = 300;
    const job = executor.map(
      put,
      Array.from({ length: count }, (_, n) => n),
    );
    const pointers = await job;
    const core = new URL('../../dist/index.js', import.meta.url).href;
    const program = `
      const { FunctionExecutor } = await import(${JSON.stringify(core)});
      const executor = new FunctionExecutor({ backend: 'local', home: process.argv[1] });
      await executor.storage.clean({ jobs: [process.argv[2]], onObject: () => process.stdout.write('.') });`;
    const cleaning = spawn(process.execPath, ['--input-type=module', '-e', program, home, job.id]);
    await once(cleaning.stdout, 'data');
    const gone = () => readdirSync(join(home, 'objects', 'jobs', job.id)).length < count;
    for (const began = Date.now(); !gone() && Date.now() - began < 20_000; ) await new Promise(setImmediate);
    cleaning.kill('SIGKILL');
    await once(cleaning, 'close');
    const left = await listed(job.id);
    expect(left.length).toBeLessThan(count);
    const byKey = new Map(pointers.map((pointer, n) => [pointer.key, n]));
    for (const pointer of left) expect(await executor.storage.get(pointer)).toBe(byKey.get(pointer.key));
    await executor.storage.clean({ jobs: [job.id] });
    expect(await listed(job.id)).toEqual([]);
  });
});
