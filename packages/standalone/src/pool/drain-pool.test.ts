import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MegalithError } from '@megalith/agent';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Machine } from '../machine.js';
import type { PoolDesk } from './acquire.js';
import type { CloudMachine, CloudState } from './cloud-machine.js';
import { drainPool } from './drain-pool.js';
import { IntentStore } from './intent-store.js';
import type { LaunchIntent } from './launch-intent.js';

let home: string;
let intents: IntentStore;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'megalith-drain-'));
  intents = new IntentStore(home);
});
afterEach(() => rmSync(home, { recursive: true }));

const machineOf = (id: string, intent: string, state: CloudState = 'running', owner = 'ann'): CloudMachine => ({
  id,
  state,
  region: 'r',
  zone: 'z',
  type: 't',
  market: 'on-demand',
  launchedAt: 0,
  tags: { intent, owner, label: 'internal', expiresAt: 100, image: 'ami' },
});
const intentOf = (id: string, job?: string): LaunchIntent => ({
  formatVersion: 1,
  id,
  provider: 'fake',
  region: 'r',
  owner: 'ann',
  label: 'internal',
  requirements: { cpus: 1, memoryBytes: 1 },
  ...(job === undefined ? {} : { job }),
  createdAt: 0,
  expiresAt: 100,
  tries: [],
});
const failing = (error: Error) => ({ name: 'm', provider: 'ssh', reach: () => Promise.reject(error) });

function deskOf(machines: readonly CloudMachine[], hosts: Readonly<Record<string, object>> = {}): PoolDesk {
  const cloud = {
    async *list() {
      yield* machines;
    },
  };
  const hostOf = async ({ id }: CloudMachine) => hosts[id] as Machine | undefined;
  return { cloud, intents, owner: 'ann', hostOf, now: () => 7 } as unknown as PoolDesk;
}

it('names what it could not ask, and lets those of others alone', async () => {
  const machines = [
    machineOf('m-silent', ''),
    machineOf('m-bare', ''),
    machineOf('m-keyless', 'no intent at all'),
    machineOf('m-young', '', 'pending'),
    machineOf('m-off', '', 'stopped'),
    machineOf('m-gone', '', 'terminated'),
    machineOf('m-theirs', '', 'running', 'bob'),
  ];
  const desk = deskOf(machines, {
    'm-silent': failing(new MegalithError('SSH_FAILED', 'port 22 refuses', { hint: 'look' })),
    'm-bare': failing(new MegalithError('NOT_FOUND', 'no agent')),
  });
  expect(await drainPool({ desk, intents }, [])).toEqual([
    { id: 'm-silent', state: 'unreachable', problem: 'port 22 refuses', hint: 'look' },
    { id: 'm-bare', state: 'not started' },
    { id: 'm-keyless', state: 'unreachable', problem: 'this client has no key to it, or it has no address' },
    { id: 'm-young', state: 'unreachable', problem: 'it boots' },
    { id: 'm-off', state: 'not running' },
  ]);
});

it('machines that were made to be warm are no longer wanted, those of jobs still are', async () => {
  const [warm, busy, other] = ['a'.repeat(16), 'b'.repeat(16), 'c'.repeat(16)] as const;
  for (const intent of [intentOf(warm), intentOf(busy, 'job'), intentOf(other)]) await intents.put(intent);
  const desk = deskOf([machineOf('m-1', warm), machineOf('m-2', busy), machineOf('m-3', other)]);
  expect(await drainPool({ desk, intents }, ['m-1', 'm-2', 'm-1'])).toHaveLength(2);
  const { intents: kept } = await intents.all();
  expect(kept.map(({ closedAt }) => closedAt)).toEqual([7, undefined, undefined]);
});

it('an id that the cloud does not list drains nothing at all', async () => {
  const [warm] = ['a'.repeat(16)];
  await intents.put(intentOf(warm!));
  const desk = deskOf([machineOf('m-1', warm!)]);
  const drained = drainPool({ desk, intents }, ['m-1', 'm-9']);
  await expect(drained).rejects.toMatchObject({ code: 'NOT_FOUND', details: { id: 'm-9', near: ['m-1'] } });
  expect((await intents.find(warm!))?.closedAt).toBeUndefined();
});
