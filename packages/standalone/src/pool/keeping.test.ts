import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { FrameReader, type MachineRequest, MegalithError, readMessage, writeMessage } from '@megalith/agent';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AgentRoute, Machine } from '../machine.js';
import type { PoolDesk } from './acquire.js';
import type { CloudMachine } from './cloud-machine.js';
import { IntentStore } from './intent-store.js';
import { cameUp, jobCame, jobLeaves, type Keeping, mustEnd, planBefore } from './keeping.js';
import { leaseMachine } from './lease-machine.js';
import { MachineNotes } from './machine-notes.js';
import { newIntent } from './make-machine.js';
import { startAgain } from './start-again.js';
import { UsesStore } from './uses-store.js';

const hourMs = 3_600_000;
const kind = { provider: 'fake', region: 'r', image: 'ami', type: 't' };
let home: string;
let now: number;
/** What was asked of the agent and of the cloud, in order. */
let deeds: string[];
let told: string[];
/** What the cloud refuses. */
let refused: Map<string, Error>;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'megalith-keeping-'));
  now = 1_000_000;
  deeds = [];
  told = [];
  refused = new Map();
});
afterEach(() => rmSync(home, { recursive: true }));

/** An agent that agrees to everything. */
const route = {
  async open() {
    const stream: Duplex = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _, done) => {
        reader.push(chunk);
        done();
      },
    });
    const answer = new Duplex({ read: () => undefined, write: (chunk, _, done) => done(void stream.push(chunk)) });
    const reader = new FrameReader((_, payload) => {
      const asked = readMessage(payload) as MachineRequest;
      if (asked.type === 'settings') deeds.push(`stays ${asked.idleMs} ms`);
      if (asked.type === 'lease' || asked.type === 'endLease') deeds.push(asked.type);
      if (asked.type === 'lease') writeMessage(answer, { type: 'lease', granted: true, until: 0, label: 'internal' });
      else if (asked.type === 'settings' || asked.type === 'endLease') writeMessage(answer, { type: 'ok' });
    });
    return stream;
  },
  close: () => undefined,
} as unknown as AgentRoute;

function machineOf(intent: string, state: CloudMachine['state'] = 'running'): CloudMachine {
  const tags = { intent, owner: 'ann', label: 'internal', expiresAt: now + 20 * hourMs, image: 'ami' } as const;
  return { id: 'i-1', state, region: 'r', zone: 'z', type: 't', market: 'on-demand', launchedAt: 0, tags };
}

function deskOf(keeping: Partial<Keeping> = {}): PoolDesk & { readonly keeping: Keeping } {
  const deed = (what: string) => async (): Promise<void> => {
    deeds.push(what);
    const error = refused.get(what);
    if (error !== undefined) throw error;
  };
  const cloud = {
    name: 'fake',
    region: 'r',
    atShutdown: async (_: string, what: string) => await deed(`shutdown: ${what}`)(),
    start: deed('start'),
    terminate: deed('terminate'),
    find: async () => machineOf('x'),
  };
  return {
    cloud,
    intents: new IntentStore(home),
    owner: 'ann',
    image: 'ami',
    maxLifetimeMs: 24 * hourMs,
    hostOf: async () => ({ reach: async () => route }) as unknown as Machine,
    shapeOf: async () => undefined,
    now: () => now,
    tell: (words: string) => void told.push(words),
    keeping: {
      uses: new UsesStore(home),
      notes: new MachineNotes(home),
      whenIdle: 'stop',
      worthOf: async () => ({ usdPerHour: 8, diskUsdPerHour: 0.007, localDiskBytes: 0 }),
      ...keeping,
    },
  } as unknown as PoolDesk & { readonly keeping: Keeping };
}

async function withNote(desk: { readonly keeping: Keeping }): Promise<void> {
  await desk.keeping.notes.put({
    formatVersion: 1,
    id: 'i-1',
    provider: 'fake',
    region: 'r',
    intent: 'x',
    hostKeys: [`SHA256:${'A'.repeat(43)}`],
    user: 'u',
    identityFile: '/k',
  });
}

const planOf = async ({ keeping }: { readonly keeping: Keeping }) => (await keeping.notes.find('i-1'))?.plan;

describe('a machine that is kept', () => {
  it('stays for as long as its start just took, and ends with its shutdown while a job may have it', async () => {
    const desk = deskOf();
    await withNote(desk);
    await cameUp({ machine: machineOf('x'), route }, { how: 'new', tookMs: 130_000 }, desk);
    expect(deeds).toEqual(['stays 130000 ms']);
    expect(await planOf(desk)).toMatchObject({ atEnd: 'terminate', idleTailMs: 130_000, at: now });
    expect(await desk.keeping.uses.find(kind)).toMatchObject({ startsMs: [130_000], restartsMs: [] });
  });

  it('is stopped once its job has left, which is noted before it is so, and counts as idle from then on', async () => {
    const desk = deskOf();
    await withNote(desk);
    refused.set('shutdown: stop', new MegalithError('CLOUD_FAILED', 'the cloud is away'));
    await jobLeaves(machineOf('x'), route, 5000, desk);
    expect(deeds).toEqual(['stays 45000 ms', 'shutdown: stop']);
    // The cloud may have done it all the same.
    expect(await planOf(desk)).toMatchObject({ atEnd: 'stop', stoppedForMs: 12 * hourMs });
    expect(told).toEqual([expect.stringContaining('the cloud is away')]);
    refused.clear();
    await jobLeaves(machineOf('x'), route, 5000, desk);
    expect((await desk.keeping.uses.find(kind))?.idle).toEqual([
      { machine: 'i-1', at: now, busyMs: 5000, tailMs: 45_000 },
    ]);
    now += 3 * hourMs;
    await jobCame(machineOf('x'), false, desk);
    expect(await desk.keeping.uses.find(kind)).toMatchObject({ idle: [], past: { gapsMs: [3 * hourMs] } });
  });

  it('that somebody made to be warm stays for as long as was said', async () => {
    const desk = deskOf({ pinnedMs: 7_200_000 });
    await withNote(desk);
    await cameUp({ machine: machineOf('x'), route }, { how: 'new', tookMs: 130_000, isPromised: true }, desk);
    const other = deskOf({ whenIdle: 'terminate' });
    for (let job = 0; job < 2; job++) await jobLeaves(machineOf('x'), route, 1, other);
    expect(deeds).toEqual(Array(3).fill('stays 7200000 ms'));
  });

  it('is no job’s end where nothing can be written', async () => {
    writeFileSync(join(home, 'cloud'), 'no folder');
    const desk = deskOf();
    await cameUp({ machine: machineOf('x'), route }, { how: 'new', tookMs: 1 }, desk);
    await jobCame(machineOf('x'), true, desk);
    await jobLeaves(machineOf('x'), route, 1, desk);
    expect(await planBefore(machineOf('x'), desk.keeping, desk)).toMatchObject({ idleTailMs: 90_000 });
    expect(told).toHaveLength(4);
    expect(deeds).not.toContain('shutdown: stop');
  });
});

describe('a machine whose shutdown is a stop', () => {
  async function stopping() {
    const desk = deskOf();
    await withNote(desk);
    await jobLeaves(machineOf('x'), route, 1, desk);
    deeds = [];
    return desk;
  }
  const wanted = { job: 'j2', requirements: { cpus: 1, memoryBytes: 1 }, label: 'internal' as const };

  it('ends with it again before a job has it, and the cloud is asked but once', async () => {
    const desk = await stopping();
    expect(await leaseMachine(wanted, { route, machine: machineOf('x') }, desk)).toBeUndefined();
    await mustEnd({ id: 'i-1' }, desk);
    expect(deeds).toEqual(['lease', 'shutdown: terminate']);
    expect(await planOf(desk)).toMatchObject({ atEnd: 'terminate' });
  });

  it('is for no job where that can’t be', async () => {
    const desk = await stopping();
    refused.set('shutdown: terminate', new MegalithError('CLOUD_FAILED', 'not allowed'));
    const refusal = await leaseMachine(wanted, { route, machine: machineOf('x') }, desk);
    expect(refusal?.message).toContain('not allowed');
    expect(deeds).toEqual(['lease', 'shutdown: terminate', 'endLease']);
    expect(await planOf(desk)).toMatchObject({ atEnd: 'stop' });
  });

  async function stopped() {
    const desk = await stopping();
    const intent = newIntent({ ...wanted, job: 'j1' }, desk);
    await desk.intents.put({ ...intent, machine: 'i-1', releasedAt: 1 });
    return { desk, machine: machineOf(intent.id, 'stopped'), intent: () => desk.intents.find(intent.id) };
  }

  it('is started again by one of several, and how long that took is learned', async () => {
    const { desk, machine, intent } = await stopped();
    const [one, other] = await Promise.all(['j2', 'j3'].map(job => startAgain(machine, job, desk, undefined)));
    expect([one, other].filter(ready => ready !== undefined)).toHaveLength(1);
    expect(deeds).toEqual(['shutdown: terminate', 'start', expect.stringMatching(/^stays/)]);
    expect((await intent())?.job).toBe(one === undefined ? 'j3' : 'j2');
    expect((await desk.keeping.uses.find(kind))?.restartsMs).toEqual([0]);
  });

  it('stays stopped, for another job, where the cloud has no room for it now', async () => {
    const { desk, machine, intent } = await stopped();
    refused.set('start', new MegalithError('NO_CAPACITY', 'no room'));
    expect(await startAgain(machine, 'j2', desk, undefined)).toBeUndefined();
    expect(deeds).not.toContain('terminate');
    expect(await intent()).toMatchObject({ releasedAt: now });
    expect((await intent())?.closedAt).toBeUndefined();
  });

  it('is ended where it does not start otherwise, and the job looks elsewhere', async () => {
    const { desk, machine, intent } = await stopped();
    refused.set('start', new MegalithError('CLOUD_FAILED', 'the reply was lost'));
    expect(await startAgain(machine, 'j2', desk, undefined)).toBeUndefined();
    expect(deeds).toContain('terminate');
    expect((await intent())?.closedAt).toBe(now);
  });

  it('is let be where its intent is given up', async () => {
    const { desk, machine } = await stopped();
    await desk.intents.close(machine.tags.intent, now);
    expect(await startAgain(machine, 'j2', desk, undefined)).toBeUndefined();
    expect(deeds).toEqual([]);
  });
});
