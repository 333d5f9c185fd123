import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MegalithError } from '@megalith/agent';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Heartbeat, linesOf, watch } from './daemon.js';
import { endNodes, startNode } from './node-process.fixture.js';
import { machineOf } from './situation.fixture.js';
import type { SweepReport } from './sweep-report.js';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'megalith-watch-'));
});
afterEach(async () => {
  await endNodes();
  rmSync(home, { recursive: true });
});

const pace = { quickMs: 5, intervalMs: 5, mostMs: 20 };
const nothing: SweepReport = {
  startedAt: 0,
  endedAt: 0,
  machines: 0,
  isComplete: true,
  verdicts: [],
  deeds: [],
  problems: [],
};
const ended: SweepReport = {
  ...nothing,
  deeds: [
    {
      verdict: { machine: 'i-1', action: 'terminate', reason: 'orphan', because: 'nobody here wants it' },
      outcome: 'done',
    },
    { leftover: { kind: 'volume', id: 'vol-1', why: 'it is free' }, outcome: 'failed', problem: 'no' },
  ],
  problems: ['no', 'the jobs can’t be read: no disk'],
};
const file = (name: string) => join(home, 'cloud', name);
const log = () => readFileSync(file('dismantle.log'), 'utf8');
const heartbeat = () => JSON.parse(readFileSync(file('dismantle.heartbeat'), 'utf8')) as Heartbeat;

describe('a watch', () => {
  it('goes on when sweeps fail, waits longer, and says what they did', async () => {
    const ending = new AbortController();
    const waits: number[] = [];
    let sweeps = 0;
    const sweep = async (): Promise<readonly SweepReport[]> => {
      if (sweeps > 0) waits.push(heartbeat().nextInMs);
      sweeps += 1;
      if (sweeps < 5) throw new MegalithError('NO_CREDENTIALS', 'the token is expired');
      if (sweeps === 5) return [ended];
      ending.abort();
      return [nothing];
    };
    await watch({
      home,
      sweep,
      signal: ending.signal,
      pace: { ...pace, quickSweeps: 0, mostMs: 40 },
      random: () => 0.5,
    });
    expect(waits).toEqual([10, 20, 40, 40, 5]);
    const lines = log().split('\n');
    expect(lines.map(line => line.slice(25))).toEqual([
      `watching as process ${process.pid}`,
      ...Array<string>(4).fill('the sweep failed: the token is expired'),
      'terminate i-1: done, since nobody here wants it',
      'remove volume vol-1: failed, since it is free (no)',
      'the jobs can’t be read: no disk',
      'ended after 6 sweeps',
      '',
    ]);
    expect(heartbeat()).toMatchObject({ pid: process.pid, sweeps: 6, failures: 0 });
    expect(readdirSync(join(home, 'cloud')).sort()).toEqual(['dismantle.heartbeat', 'dismantle.log']);
  });

  it('is one per home', async () => {
    const ending = new AbortController();
    const first = watch({
      home,
      signal: ending.signal,
      pace,
      sweep: async () => {
        const second = watch({ home, signal: ending.signal, pace, sweep: async () => [nothing] });
        await expect(second).rejects.toMatchObject({
          code: 'USAGE',
          message: expect.stringContaining(`${process.pid}`),
        });
        ending.abort();
        return [nothing];
      },
    });
    await first;
  });

  it('ends in the middle of a sweep that heeds nothing', async () => {
    const ending = new AbortController();
    const sweep = () => {
      setImmediate(() => ending.abort());
      return new Promise<never>(() => undefined);
    };
    await watch({ home, signal: ending.signal, pace, sweep });
    expect(log()).toContain('ended after 1 sweeps');
  });

  it('takes its pid file again when somebody removed it', async () => {
    const ending = new AbortController();
    const said: string[] = [];
    let sweeps = 0;
    const sweep = async () => {
      sweeps += 1;
      if (sweeps === 1) rmSync(file('dismantle.pid'));
      if (sweeps === 2) expect(existsSync(file('dismantle.pid'))).toBe(true);
      if (sweeps === 3) ending.abort();
      return [nothing];
    };
    await watch({ home, signal: ending.signal, pace, sweep, say: line => said.push(line) });
    expect(said.at(-1)).toBe('ended after 3 sweeps');
  });
});

describe('a watching process', () => {
  const daemon = () => `
    import { watch } from ${JSON.stringify(import.meta.resolve('../../dist/dismantle/daemon.js'))};
    import { sweep } from ${JSON.stringify(import.meta.resolve('../../dist/dismantle/sweep.js'))};
    const ending = new AbortController();
    process.once('SIGTERM', () => ending.abort());
    const machine = ${JSON.stringify(machineOf({ tags: { expiresAt: 0 } }))};
    let state = 'running';
    const cloud = {
      name: 'memory',
      region: 'eu-west-1',
      async *list() { yield { ...machine, state }; },
      find: async () => ({ ...machine, state }),
      terminate: async () => { state = 'terminated'; },
      async *leftovers() {},
    };
    let sweeps = 0;
    const options = { home: ${JSON.stringify(home)}, cloud, owner: machine.tags.owner, intents: { read: async () => [] } };
    await watch({
      home: ${JSON.stringify(home)},
      signal: ending.signal,
      pace: { quickMs: 5 },
      sweep: async signal => {
        const reports = [await sweep({ ...options, signal })];
        if (++sweeps === 3) console.log('swept');
        return reports;
      },
    });
    console.log('over');`;

  it('sweeps until SIGTERM, and then leaves neither lock nor pid file', async () => {
    const first = startNode(daemon());
    expect(await first.line()).toBe('swept');
    expect(JSON.parse(readFileSync(file('dismantle.pid'), 'utf8'))).toMatchObject({ process: { pid: first.pid } });
    first.child.kill('SIGTERM');
    expect(await first.line()).toBe('over');
    expect(await first.ended).toBe(0);
    expect(log()).toMatch(/terminate i-1: done, since its end has passed by /);
    expect(readdirSync(join(home, 'cloud')).filter(name => /pid|lock/.test(name))).toEqual([]);
  });

  it('that was killed is replaced by the next, which goes on with its marks', async () => {
    const first = startNode(daemon());
    await first.line();
    first.child.kill('SIGKILL');
    await first.ended;
    const second = startNode(daemon());
    expect(await second.line()).toBe('swept');
    expect(heartbeat()).toMatchObject({ pid: second.pid, failures: 0 });
    second.child.kill('SIGTERM');
    expect(await second.line()).toBe('over');
  });
});

it('a sweep that found another sweeper says whom', () => {
  const heldBy = { host: 'desk', process: { pid: 7, startTicks: 1 }, token: 't' };
  expect(linesOf({ ...nothing, heldBy })).toEqual(['process 7 on desk sweeps: nothing was done']);
});
