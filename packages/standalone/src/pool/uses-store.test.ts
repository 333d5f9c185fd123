import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { withStart } from './machine-uses.js';
import { UsesStore } from './uses-store.js';

function newHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'megalith-uses-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

const kind = { provider: 'ec2', region: 'us-east-1', image: '/aws/service/al2023-{arch}', type: 'r6i.32xlarge' };

it('no change of several at once is lost, in a file for the owner only', async () => {
  const home = newHome();
  const [one, other] = [new UsesStore(home), new UsesStore(home)];
  expect(await one.find(kind)).toBeUndefined();
  const all = [1, 2, 3, 4].flatMap(ms => [one, other].map(store => store.change(kind, u => withStart(u, 'new', ms))));
  await Promise.all(all);
  await one.change({ ...kind, image: 'ami-2' }, uses => withStart(uses, 'started', 7));
  const found = await new UsesStore(home).find(kind);
  expect(found).toMatchObject({ ...kind, restartsMs: [] });
  expect(found!.startsMs.toSorted()).toEqual([1, 1, 2, 2, 3, 3, 4, 4]);
  const folder = join(home, 'cloud', 'uses');
  const names = readdirSync(folder);
  expect(names).toHaveLength(2);
  for (const name of names) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
});

it('who can’t write hears so, and the next change is tried again', async () => {
  const home = newHome();
  writeFileSync(join(home, 'cloud'), 'no folder');
  const store = new UsesStore(home);
  const both = [1, 2].map(ms => store.change(kind, uses => withStart(uses, 'new', ms)));
  for (const { status } of await Promise.allSettled(both)) expect(status).toBe('rejected');
  rmSync(join(home, 'cloud'));
  await store.change(kind, uses => withStart(uses, 'new', 3));
  expect((await store.find(kind))?.startsMs).toEqual([3]);
});
