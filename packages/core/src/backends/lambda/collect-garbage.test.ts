import { expect, it } from 'vitest';
import { collectGarbage, isCollectionDue } from './collect-garbage.js';
import { Deployer } from './deploy.js';
import { functionName } from './function-name.js';
import { createFakeLambda } from './testing/fake-lambda.js';
import { fakeWorld, notesInMemory } from './testing/fake-world.js';
import { testCode, testSettings } from './testing/settings.js';

const dayMs = 86_400_000;
const current = '000000000000';

function setup() {
  const api = createFakeLambda();
  const world = fakeWorld();
  world.nowMs = 100 * dayMs;
  const notes = notesInMemory();
  const add = (
    version: string,
    daysAgo: number,
    more: { owner?: string; tagged?: string; memoryMib?: number; usedDaysAgo?: number } = {},
  ): string => {
    const { owner = 'ann', tagged = owner, memoryMib = 512, usedDaysAgo = daysAgo } = more;
    const name = functionName({ owner, arch: 'arm64', memoryMib, version });
    const tags = { 'megalith:owner': tagged, 'megalith:used': String(world.nowMs - usedDaysAgo * dayMs) };
    const state = { arn: `arn:${name}`, state: 'Active', tags } as const;
    api.functions.set(name, { name, memoryMib, state, modifiedAt: world.nowMs - daysAgo * dayMs } as never);
    return name;
  };
  const collect = (more: object = {}) => collectGarbage({ api, owner: 'ann', version: current, notes, world, ...more });
  return { api, world, notes, add, collect };
}

it('deletes what is old, of another version, and ours', async () => {
  const { api, add, collect } = setup();
  const old = add('111111111111', 8);
  const oldToo = add('111111111111', 8, { memoryMib: 1024 });
  const stays = [
    add('222222222222', 6),
    add(current, 100),
    add('111111111111', 100, { owner: 'ben' }),
    add('333333333333', 100, { tagged: 'somebody' }),
  ];
  const { deleted } = await collect();
  expect(deleted.map(({ name }) => name)).toEqual([old, oldToo]);
  expect([...api.functions.keys()]).toEqual(stays);
});

it('deletes nothing where it is only to tell', async () => {
  const { api, add, collect } = setup();
  const old = add('111111111111', 8);
  expect((await collect({ dryRun: true })).deleted).toHaveLength(1);
  expect([...api.functions.keys()]).toEqual([old]);
});

it('deletes all of the owner where asked to', async () => {
  const { api, add, collect } = setup();
  add(current, 0);
  add('222222222222', 6);
  const others = add(current, 0, { owner: 'ben' });
  await collect({ all: true });
  expect([...api.functions.keys()]).toEqual([others]);
});

it('is due once a day', async () => {
  const { world, notes, collect } = setup();
  expect(await isCollectionDue(notes, world)).toBe(true);
  await collect();
  expect(await isCollectionDue(notes, world)).toBe(false);
  world.nowMs += dayMs;
  expect(await isCollectionDue(notes, world)).toBe(true);
});

it('takes one that somebody else deleted meanwhile for deleted', async () => {
  const { api, add, collect } = setup();
  const old = add('111111111111', 8);
  api.onAsk = call => {
    if (call === 'GetFunction') api.functions.delete(old);
  };
  expect((await collect()).deleted).toEqual([]);
});

it('spares functions of other versions that were made long ago and are in use', async () => {
  const { api, add, collect } = setup();
  const used = add('111111111111', 100, { usedDaysAgo: 6 });
  add('222222222222', 100, { usedDaysAgo: 8 });
  await collect();
  expect([...api.functions.keys()]).toEqual([used]);
});

it('spares what another client with other settings works with, for as long as it does', async () => {
  const { api, world, notes, collect } = setup();
  const other = new Deployer({ settings: testSettings, api, code: async () => testCode, notes, world });
  const name = await other.ensure(512);
  const hisFirstDay = world.nowMs;
  api.functions.get(name)!.modifiedAt = hisFirstDay;
  for (let day = 1; day <= 10; day++) {
    world.nowMs = hisFirstDay + day * dayMs;
    await other.mark(512);
    await collect();
  }
  expect([...api.functions.keys()]).toEqual([name]);
  world.nowMs += 8 * dayMs;
  await collect();
  expect(api.functions.size).toBe(0);
});
