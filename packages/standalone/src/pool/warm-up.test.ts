import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MegalithError } from '@megalith/agent';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { AgentRoute, Machine } from '../machine.js';
import type { PoolDesk } from './acquire.js';
import type { Cloud } from './cloud.js';
import type { CloudMachine } from './cloud-machine.js';
import { IntentStore } from './intent-store.js';
import type { LaunchIntent } from './launch-intent.js';
import { warmUp } from './warm-up.js';

let home: string;
let intents: IntentStore;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'megalith-warm-'));
  intents = new IntentStore(home);
});
afterEach(() => rmSync(home, { recursive: true }));

interface Made {
  readonly desk: PoolDesk;
  readonly ended: string[];
  /** Routes that nobody closed yet. */
  readonly open: Set<string>;
}

/** A cloud whose machines serve at once. @param launch decides on each launch, in order */
function deskOf(launch: (nth: number, signal: AbortSignal | undefined) => Promise<void>): Made {
  let launches = 0;
  const ended: string[] = [];
  const open = new Set<string>();
  const machineOf = (id: string, { label, owner, expiresAt }: LaunchIntent): CloudMachine => ({
    id,
    state: 'running',
    region: 'r',
    zone: 'z',
    type: 't',
    market: 'on-demand',
    launchedAt: 0,
    tags: { intent: 'x', owner, label, expiresAt, image: 'ami' },
  });
  const cloud = {
    name: 'fake',
    region: 'r',
    offers: async () => [],
    async launch(intent: LaunchIntent, _: unknown, __: unknown, signal?: AbortSignal) {
      const nth = ++launches;
      await launch(nth, signal);
      return machineOf(`m-${nth}`, intent);
    },
    async terminate(id: string) {
      ended.push(id);
    },
  } as unknown as Cloud;
  const hostOf = async ({ id }: CloudMachine) => {
    const route = { close: () => open.delete(id) } as unknown as AgentRoute;
    const reach = async (): Promise<AgentRoute> => {
      open.add(id);
      return route;
    };
    return { reach } as unknown as Machine;
  };
  const desk = { cloud, intents, owner: 'ann', image: 'ami', maxLifetimeMs: 1000, hostOf, now: () => 5 };
  return { desk: desk as unknown as PoolDesk, ended, open };
}

const wishes = { requirements: { cpus: 1, memoryBytes: 1 }, label: 'internal' as const };

it('all machines are asked for at the same time, for no job, and are let go', async () => {
  let asked = 0;
  let letAll = (): void => undefined;
  const all = new Promise<void>(resolve => {
    letAll = resolve;
  });
  const { desk, open } = deskOf(async () => {
    asked += 1;
    if (asked === 3) letAll();
    await all;
  });
  const { machines, failures } = await warmUp(desk, { ...wishes, count: 3 });
  expect(failures).toEqual([]);
  expect(machines.map(({ id }) => id).sort()).toEqual(['m-1', 'm-2', 'm-3']);
  expect(open.size).toBe(0);
  const { intents: kept } = await intents.all();
  expect(kept.map(({ machine }) => machine).sort()).toEqual(['m-1', 'm-2', 'm-3']);
  for (const { job, closedAt, expiresAt } of kept) expect({ job, closedAt, expiresAt }).toEqual({ expiresAt: 1005 });
});

it('one that can’t be had takes nothing away from the others, and nobody wants it any more', async () => {
  const { desk, ended } = deskOf(async nth => {
    if (nth === 2) throw new MegalithError('NO_CAPACITY', 'none left');
  });
  const { machines, failures } = await warmUp(desk, { ...wishes, count: 3 });
  expect(machines.map(({ id }) => id).sort()).toEqual(['m-1', 'm-3']);
  expect(failures).toMatchObject([{ code: 'NO_CAPACITY' }]);
  expect(ended).toEqual([]);
  expect((await intents.all()).intents.filter(({ closedAt }) => closedAt !== undefined)).toHaveLength(1);
});

it('what is not ready when it is cancelled is wanted no more', async () => {
  const abort = new AbortController();
  const { desk } = deskOf(async (nth, signal) => {
    if (nth === 1) return;
    abort.abort();
    if (signal?.aborted) throw new MegalithError('CANCELLED', 'no longer wanted');
  });
  const warmed = warmUp(desk, { ...wishes, count: 2, signal: abort.signal });
  await expect(warmed).rejects.toMatchObject({ code: 'CANCELLED' });
  const unfinished = (await intents.all()).intents.filter(({ machine }) => machine === undefined);
  expect(unfinished.length).toBeGreaterThan(0);
  for (const { closedAt } of unfinished) expect(closedAt).toBe(5);
});
