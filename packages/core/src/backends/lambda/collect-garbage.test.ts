import { expect, it } from 'vitest';
import { collectGarbage, isCollectionDue } from './collect-garbage.js';
import { functionName } from './function-name.js';
import { createFakeLambda } from './testing/fake-lambda.js';
import { fakeWorld, notesInMemory } from './testing/fake-world.js';

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
    more: { owner?: string; tagged?: string; memoryMib?: number } = {},
  ): string => {
    const { owner = 'ann', tagged = owner, memoryMib = 512 } = more;
    const name = functionName({ owner, arch: 'arm64', memoryMib, version });
    const state = { state: 'Active', tags: { 'megalith:owner': tagged } } as const;
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
