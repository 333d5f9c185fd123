import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { AgentRoute, Machine } from '../machine.js';
import type { PoolDesk } from './acquire.js';
import type { CloudMachine } from './cloud-machine.js';
import { comeBack } from './come-back.js';
import { IntentStore } from './intent-store.js';
import { makeMachine, newIntent } from './make-machine.js';

let home: string;
let intents: IntentStore;
let deeds: string[];

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'megalith-back-'));
  intents = new IntentStore(home);
  deeds = [];
});
afterEach(() => rmSync(home, { recursive: true }));

const wanted = { job: 'j1', requirements: { cpus: 1, memoryBytes: 1 }, label: 'internal' as const };

/** A cloud with at most one machine, `m-1`. */
function deskOf(state: CloudMachine['state']): PoolDesk {
  const tags = { intent: 'x', owner: 'ann', label: 'internal', expiresAt: 1000, image: 'ami' };
  const machine = { id: 'm-1', state, region: 'r', zone: 'z', type: 't', market: 'on-demand', launchedAt: 0, tags };
  const route = { close: () => deeds.push('closed') } as unknown as AgentRoute;
  const cloud = {
    name: 'fake',
    region: 'r',
    offers: async () => [],
    launch: async () => {
      deeds.push('launched');
      return machine;
    },
    settle: async () => void deeds.push(`settled, served at ${(await intents.all()).intents[0]!.servedAt}`),
    find: async () => machine,
    terminate: async () => void deeds.push('ended'),
  };
  const hostOf = async () => ({ reach: async () => route }) as unknown as Machine;
  const desk = { cloud, intents, owner: 'ann', image: 'ami', maxLifetimeMs: 1000, hostOf, now: () => 5 };
  return desk as unknown as PoolDesk;
}

async function servedIntent(desk: PoolDesk) {
  const intent = newIntent(wanted, desk);
  await makeMachine(intent, desk, undefined, async () => undefined);
  return (await intents.find(intent.id))!;
}

it('a machine that serves is known to do so before what was kept for its launch goes', async () => {
  const intent = await servedIntent(deskOf('running'));
  expect(intent).toMatchObject({ machine: 'm-1', servedAt: 5 });
  expect(deeds).toEqual(['launched', 'settled, served at 5']);
});

it('a client that comes back has the machine that serves, and asks the cloud for none', async () => {
  const desk = deskOf('running');
  const intent = await servedIntent(desk);
  deeds = [];
  const claimed: string[] = [];
  const ready = await comeBack(intent, desk, undefined, async ({ machine }) => void claimed.push(machine.id));
  expect(ready?.machine.id).toBe('m-1');
  expect(claimed).toEqual(['m-1']);
  expect(deeds).toEqual([]);
});

it('where it is not to be had nothing is ended: its agent may be at work', async () => {
  const desk = deskOf('running');
  const intent = await servedIntent(desk);
  deeds = [];
  const failure = new Error('busy');
  const claim = async (): Promise<void> => {
    throw failure;
  };
  await expect(comeBack(intent, desk, undefined, claim)).rejects.toBe(failure);
  expect(deeds).toEqual(['closed']);
  expect((await intents.find(intent.id))?.closedAt).toBeUndefined();
});

it.each(['shutting-down', 'terminated', 'stopped'] as const)('one that is %s is no more', async state => {
  const intent = await servedIntent(deskOf('running'));
  expect(await comeBack(intent, deskOf(state), undefined, async () => undefined)).toBeUndefined();
});
