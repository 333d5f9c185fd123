import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MegalithError } from '@megalith/agent';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AgentReport } from '../pool/agent-report.js';
import type { CloudMachine } from '../pool/cloud-machine.js';
import type { LaunchIntent } from '../pool/launch-intent.js';
import { takeDismantleLock } from './lock.js';
import { readMarks } from './marks.js';
import { MemoryCloud } from './memory-cloud.fixture.js';
import { answer, hourMs, intentOf, machineOf, me, minuteMs, start } from './situation.fixture.js';
import { sweep } from './sweep.js';
import type { SweepOptions } from './sweep-options.js';
import type { Deed } from './sweep-report.js';

let home: string;
let now: number;
let uptimeMs: number;
let cloud: MemoryCloud;
let intents: LaunchIntent[];
let reports: Map<string, Partial<AgentReport> | Error>;
let closed: string[];
let replayed: string[];
let busy: Set<string>;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'megalith-dismantle-'));
  now = start;
  uptimeMs = hourMs;
  intents = [];
  reports = new Map();
  closed = [];
  replayed = [];
  busy = new Set();
});
afterEach(() => rmSync(home, { recursive: true }));

function pass(ms: number): void {
  now += ms;
  uptimeMs += ms;
}

function options(of: Partial<SweepOptions> = {}): SweepOptions {
  return {
    home,
    cloud,
    owner: me,
    intents: {
      read: async () => intents,
      close: async id => void closed.push(id),
      replay: async ({ id }) => void replayed.push(id),
    },
    askAgent: async ({ id }) => {
      const report = reports.get(id) ?? { state: 'unreachable' };
      if (report instanceof Error) throw report;
      return { at: now, ...report } as AgentReport;
    },
    retire: async ({ id }) => (busy.has(id) ? 'busy' : 'free'),
    clocks: () => ({ host: 'laptop', wallMs: now, uptimeMs }),
    ...of,
  };
}

const run = (of: Partial<SweepOptions> = {}) => sweep(options(of));
const outcomes = (deeds: readonly Deed[]) =>
  deeds.map(deed => {
    const what =
      'leftover' in deed ? deed.leftover.id : 'intent' in deed.verdict ? deed.verdict.intent : deed.verdict.machine;
    return `${what} ${deed.outcome}`;
  });
const orphans = (...ids: string[]): CloudMachine[] => ids.map(id => machineOf({ id }));

/** Marks what is suspect, and lets the delay pass. */
async function marked(): Promise<void> {
  expect((await run()).deeds).toEqual([]);
  pass(2 * minuteMs);
}

describe('a sweep', () => {
  it('asks before it ends a machine whose agent is gone: what was started again may have work', async () => {
    cloud = new MemoryCloud(orphans('i-1', 'i-2'));
    for (const id of ['i-1', 'i-2']) reports.set(id, { state: 'absent' });
    busy.add('i-1');
    await marked();
    expect(outcomes((await run()).deeds).sort()).toEqual(['i-1 busy', 'i-2 done']);
  });

  it('leaves a machine that is only out of reach from here: its checks are asked of the cloud', async () => {
    cloud = new MemoryCloud(orphans('i-1', 'i-2'));
    cloud.sound.add('i-1');
    await marked();
    expect(outcomes((await run()).deeds)).toEqual(['i-2 done']);
    const broken = Object.assign(new MemoryCloud(orphans('i-1')), {
      impaired: () => Promise.reject(new Error('it says no')),
    });
    const report = await run({ cloud: broken });
    expect(report.verdicts).toMatchObject([{ machine: 'i-1', action: 'leave' }]);
    expect(report.problems.join()).toContain('the checks of the cloud can’t be read');
  });

  it('marks an orphan first, and ends it once the delay is over', async () => {
    cloud = new MemoryCloud(orphans('i-1'));
    expect((await run()).verdicts).toMatchObject([{ machine: 'i-1', action: 'mark' }]);
    pass(2 * minuteMs - 1);
    expect((await run()).verdicts).toMatchObject([{ action: 'leave', reason: 'waiting' }]);
    pass(1);
    const { deeds, problems } = await run();
    expect(outcomes(deeds)).toEqual(['i-1 done']);
    expect(problems).toEqual([]);
    expect(cloud.machines.get('i-1')?.state).toBe('terminated');
    await run();
    expect((await readMarks(home, 'memory-eu-west-1')).byMachine.size).toBe(0);
  });

  it('ends what is past its end at once, without asking its agent', async () => {
    cloud = new MemoryCloud([machineOf({ tags: { expiresAt: start - minuteMs } })]);
    const askAgent = () => Promise.reject(new Error('it was asked'));
    const retire = askAgent;
    expect(await run({ askAgent, retire })).toMatchObject({ deeds: [{ outcome: 'done' }], problems: [] });
  });

  it('takes the intents after the list: what is launched meanwhile is known', async () => {
    cloud = new MemoryCloud(orphans('i-1'));
    const order: string[] = [];
    const list = cloud.list.bind(cloud);
    cloud.list = async function* () {
      yield* list();
      order.push('listed');
    };
    const read = async () => {
      order.push('read');
      return intents;
    };
    await run({ intents: { ...options().intents, read } });
    expect(order).toEqual(['listed', 'read']);
  });

  it('in a dry run says what it would do, and leaves no trace', async () => {
    const expired = machineOf({ id: 'i-2', tags: { expiresAt: start - hourMs } });
    cloud = new MemoryCloud([...orphans('i-1'), expired]);
    cloud.left.push({ kind: 'key pair', id: 'key-1', why: 'nobody uses it' });
    expect(outcomes((await run({ dryRun: true })).deeds)).toEqual(['i-2 planned', 'key-1 planned']);
    expect(cloud.calls).toEqual([]);
    expect((await readMarks(home, 'memory-eu-west-1')).byMachine.size).toBe(0);
  });

  it('does nothing while somebody else sweeps, and says who', async () => {
    cloud = new MemoryCloud([machineOf({ tags: { expiresAt: start - hourMs } })]);
    const lock = await takeDismantleLock(home);
    expect(await run()).toMatchObject({ deeds: [], heldBy: { process: { pid: process.pid } } });
    if (lock.isMine) await lock.release();
    expect(outcomes((await run()).deeds)).toEqual(['i-1 done']);
  });

  it('closes and replays intents, and removes what is left over', async () => {
    cloud = new MemoryCloud([]);
    cloud.left.push(
      { kind: 'key pair', id: 'key-1', why: 'nobody uses it' },
      { kind: 'volume', id: 'vol-1', why: 'it is free' },
    );
    cloud.refusals.set('key-1', new Error('it is in use'));
    const tries = [{ clientToken: 't', request: 'r', at: start - hourMs }];
    intents = [
      intentOf({ id: 'b1' }),
      intentOf({ id: 'b2', tries }),
      intentOf({ id: 'b3', tries, region: 'us-east-1' }),
    ];
    const report = await run();
    expect([closed, replayed]).toEqual([['b1'], ['b2']]);
    expect(outcomes(report.deeds)).toEqual(['b1 done', 'b2 done', 'key-1 failed', 'vol-1 done']);
    expect(report.problems).toEqual(['the key pair "key-1": it is in use']);
  });

  it('ends with its signal', async () => {
    cloud = new MemoryCloud(orphans('i-1'));
    const ending = new AbortController();
    const running = run({
      signal: ending.signal,
      askAgent: () => new Promise(() => ending.abort(new Error('enough'))),
    });
    await expect(running).rejects.toThrow('enough');
    expect((await takeDismantleLock(home)).isMine).toBe(true);
  });
});

describe('nothing that is used is ended', () => {
  it('an agent that got work after its report keeps its machine', async () => {
    cloud = new MemoryCloud(orphans('i-1'));
    intents = [intentOf()];
    const askAgent = async () => answer({ at: now, idleForMs: 5 * minuteMs });
    await run({ askAgent });
    pass(2 * minuteMs);
    busy.add('i-1');
    expect(outcomes((await run({ askAgent })).deeds)).toEqual(['i-1 busy']);
    expect(cloud.calls).toEqual([]);
    busy.clear();
    expect(outcomes((await run({ askAgent })).deeds)).toEqual(['i-1 done']);
  });

  it.each<[string, Partial<Omit<CloudMachine, 'tags'>> & { tags?: Partial<CloudMachine['tags']> }]>([
    ['another incarnation', { tags: { incarnation: 'c2' } }],
    ['kept', { tags: { keep: 'I look at it' } }],
    ['given a longer life', { tags: { expiresAt: start + 48 * hourMs } }],
    ['started anew', { launchedAt: start }],
    ['stopped', { state: 'stopped' }],
  ])('a machine that is %s right before the kill is left', async (_what, change) => {
    cloud = new MemoryCloud(orphans('i-1'));
    await marked();
    cloud.beforeFind = () => cloud.machines.set('i-1', machineOf(change));
    expect(outcomes((await run()).deeds)).toEqual(['i-1 changed']);
    expect(cloud.calls).toEqual([]);
  });

  it('an end that was put off right before the kill counts', async () => {
    cloud = new MemoryCloud([machineOf({ tags: { expiresAt: start - hourMs } })]);
    cloud.beforeFind = () => cloud.machines.set('i-1', machineOf());
    expect(outcomes((await run()).deeds)).toEqual(['i-1 changed']);
  });

  it('without our own records only ends that machines carry count, and no mark is made', async () => {
    cloud = new MemoryCloud([...orphans('i-1'), machineOf({ id: 'i-2', tags: { expiresAt: start - hourMs } })]);
    expect(outcomes((await run()).deeds)).toEqual(['i-2 done']);
    pass(2 * minuteMs);
    cloud.become('i-2', 'running');
    const read = () => Promise.reject(new Error('the disk is gone'));
    const report = await run({ intents: { ...options().intents, read } });
    expect(report.verdicts.filter(({ action }) => action !== 'terminate')).toEqual([]);
    expect(cloud.calls).toEqual(['terminate i-2', 'terminate i-2']);
    expect(report.problems).toEqual(['the intents can’t be read: the disk is gone']);
  });

  it('a clock that was set ends nothing, and begins the delay anew', async () => {
    cloud = new MemoryCloud([...orphans('i-1'), machineOf({ id: 'i-2', tags: { expiresAt: start + hourMs } })]);
    await run();
    now += 2 * hourMs;
    uptimeMs += minuteMs;
    expect((await run()).deeds).toEqual([]);
    pass(minuteMs);
    expect(outcomes((await run()).deeds)).toEqual(['i-2 done']);
    pass(minuteMs);
    expect(outcomes((await run()).deeds)).toEqual(['i-1 done']);
  });
});

describe('a cloud that is wrong', () => {
  it('whose list breaks off marks and ends what it listed, and nothing else', async () => {
    const expired = machineOf({ id: 'i-0', tags: { expiresAt: start - hourMs } });
    cloud = new MemoryCloud([expired, ...orphans('i-1', 'i-2')]);
    cloud.breaksAfter = 2;
    intents = [intentOf({ id: 'b1' })];
    const report = await run();
    expect(report).toMatchObject({ isComplete: false, machines: 2 });
    expect(outcomes(report.deeds)).toEqual(['i-0 done']);
    expect(report.problems).toEqual(['the list of machines broke off: the cloud does not answer']);
    expect([...(await readMarks(home, 'memory-eu-west-1')).byMachine.keys()]).toEqual(['i-1']);
    expect(closed).toEqual([]);
  });

  it('whose list hangs gives what it gave', async () => {
    cloud = new MemoryCloud(orphans('i-1'));
    cloud.list = async function* () {
      yield machineOf();
      await new Promise(() => undefined);
    };
    const report = await run({ limits: { listMs: 50 } });
    expect(report).toMatchObject({ isComplete: false, machines: 1, verdicts: [{ action: 'mark' }] });
  });

  it('that lists a machine late keeps its mark', async () => {
    cloud = new MemoryCloud(orphans('i-1'));
    await run();
    cloud.unlisted.add('i-1');
    pass(minuteMs);
    expect((await run()).machines).toBe(0);
    cloud.unlisted.clear();
    pass(minuteMs);
    expect(outcomes((await run()).deeds)).toEqual(['i-1 done']);
  });

  it('that does not know a living machine proves nothing: it is tried again', async () => {
    cloud = new MemoryCloud(orphans('i-1'));
    await marked();
    cloud.unfound.add('i-1');
    expect(outcomes((await run()).deeds)).toEqual(['i-1 unconfirmed']);
    cloud.unfound.clear();
    cloud.refusals.set('i-1', new MegalithError('NOT_FOUND', 'no such machine'));
    expect(await run()).toMatchObject({ deeds: [{ outcome: 'failed' }], problems: ['"i-1": no such machine'] });
    cloud.refusals.clear();
    expect(outcomes((await run()).deeds)).toEqual(['i-1 done']);
  });

  it('that fails or hangs for one machine ends the others', async () => {
    cloud = new MemoryCloud(orphans('i-1', 'i-2', 'i-3', 'i-4'));
    await marked();
    cloud.refusals.set('i-1', new Error('no'));
    cloud.hanging.add('i-2');
    reports.set('i-3', new Error('its key is gone'));
    const report = await run({ limits: { endMs: 50 } });
    expect(outcomes(report.deeds)).toEqual(['i-1 failed', 'i-2 failed', 'i-4 done']);
    expect(report.problems).toEqual([
      'the agent of "i-3" can’t be asked: its key is gone',
      '"i-1": no',
      '"i-2": the end of "i-2" took longer than 0.05 s',
    ]);
  });

  it('with hundreds of machines is asked for a hundred at once', async () => {
    cloud = new MemoryCloud(orphans(...Array.from({ length: 350 }, (_, index) => `i-${index}`)));
    let open = 0;
    let most = 0;
    const askAgent = async (): Promise<AgentReport> => {
      most = Math.max(most, ++open);
      await new Promise(setImmediate);
      open -= 1;
      return { state: 'unreachable', at: now };
    };
    await run({ askAgent });
    pass(2 * minuteMs);
    expect((await run({ askAgent })).deeds).toHaveLength(350);
    expect(most).toBe(100);
  });
});

describe('marks on disk', () => {
  it('that can’t be understood delay, and are written anew', async () => {
    cloud = new MemoryCloud(orphans('i-1'));
    await marked();
    writeFileSync(join(home, 'cloud', 'marks-memory-eu-west-1.json'), '{ "formatVersion": 1, "marks": 7');
    await marked();
    expect(outcomes((await run()).deeds)).toEqual(['i-1 done']);
  });

  it('hold a launch time that the cloud did not tell', async () => {
    cloud = new MemoryCloud([machineOf({ launchedAt: Number.NaN })]);
    await marked();
    expect(outcomes((await run()).deeds)).toEqual(['i-1 done']);
  });
});
