import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { PoolDesk } from './acquire.js';
import { hasEnded } from './await-host.js';
import type { CloudMachine } from './cloud-machine.js';
import { thisIntentClient } from './intent-client.js';
import { IntentStore } from './intent-store.js';
import type { LaunchIntent } from './launch-intent.js';
import { refusedByOwn } from './lease-machine.js';
import { makeForJob } from './make-for-job.js';
import { newIntent } from './make-machine.js';

let home: string;
let intents: IntentStore;
let launched: string[];

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'megalith-for-job-'));
  intents = new IntentStore(home);
  launched = [];
});
afterEach(() => rmSync(home, { recursive: true }));

const wanted = { job: 'j1', requirements: { cpus: 1, memoryBytes: 1 }, label: 'internal' as const };
const failure = new Error('no more of this test');

/** A cloud that ends each machine while it starts. @param most it fails the launch of one more */
function deskOf(most: number, whenAsked: () => Promise<void> = async () => undefined): PoolDesk {
  const machineOf = (id: string, state: 'running' | 'shutting-down') => {
    const tags = { intent: 'x', owner: 'ann', label: 'internal', expiresAt: 1000, image: 'ami' };
    return { id, state, region: 'r', zone: 'z', type: 't', market: 'on-demand', launchedAt: 0, tags };
  };
  const cloud = {
    name: 'fake',
    region: 'r',
    offers: async () => {
      await whenAsked();
      return [];
    },
    launch: async ({ id }: LaunchIntent) => {
      if (launched.length === most) throw failure;
      launched.push(id);
      return machineOf(`m-${launched.length}`, 'shutting-down');
    },
    find: async (id: string) => {
      await whenAsked();
      return machineOf(id, 'shutting-down');
    },
    terminate: async () => undefined,
  };
  const desk = { cloud, intents, owner: 'ann', image: 'ami', maxLifetimeMs: 1000, now: () => 5 };
  return { ...desk, hostOf: async () => undefined } as unknown as PoolDesk;
}

it('in place of a machine that is ended while it starts another is made, under an intent of its own', async () => {
  const had = new Set<string>();
  const desk = deskOf(2);
  await expect(makeForJob(wanted, undefined, desk, had, undefined)).rejects.toBe(failure);
  expect(new Set(launched).size).toBe(2);
  const { intents: all } = await intents.all();
  expect(all.map(({ closedAt }) => closedAt)).toEqual([5, 5, 5]);
  expect([...had].sort()).toEqual(all.map(({ id }) => id).sort());
});

it('after three in a row it is said that they are ended', async () => {
  const making = makeForJob(wanted, undefined, deskOf(10), new Set(), undefined);
  await expect(making).rejects.toMatchObject({ code: 'NO_CAPACITY', details: { endedIn: 'shutting-down' } });
  expect(launched).toHaveLength(3);
});

it.each([
  ['DRAINING', true],
  ['TOO_SMALL', false],
  ['BUSY', false],
] as const)('a machine that refuses its own job because of %s is as good as gone: %s', (reason, isGone) => {
  const machine = { id: 'm-1', type: 't' } as CloudMachine;
  expect(hasEnded(refusedByOwn(machine, wanted, { reason, message: 'no' }))).toBe(isGone);
});

it.each([
  ['asked for', {}],
  ['had', { machine: 'm-9', servedAt: 4 }],
])('what an earlier client %s is wanted again before anybody looks at it', async (_, known) => {
  const seen: unknown[] = [];
  const left = { ...newIntent(wanted, deskOf(0)), ...known };
  await intents.put(left);
  const desk = deskOf(0, async () => void seen.push((await intents.find(left.id))?.client));
  await expect(makeForJob(wanted, left, desk, new Set(), undefined)).rejects.toBe(failure);
  expect(seen[0]).toEqual(thisIntentClient());
});
