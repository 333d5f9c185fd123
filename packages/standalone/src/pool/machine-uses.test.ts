import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { idleTail } from './idle-tail.js';
import { type MachineUses, noUses, restartOf, startOf, withJob, withLeft, withStart } from './machine-uses.js';

const kind = { provider: 'ec2', region: 'r', image: 'ami-1', type: 't' };
const none = noUses('k', kind);
const times = (how: 'new' | 'started', ...ms: number[]) => ms.reduce((uses, each) => withStart(uses, how, each), none);
const left = (machine: string, at: number, tailMs = 100) => ({ machine, at, tailMs, busyMs: 1000 });

describe('how long a start takes', () => {
  it('is a guess until one was measured, and the median of the last nine then', () => {
    expect(startOf(undefined)).toEqual({ ms: 90_000, measured: 0 });
    expect(startOf(times('new', 40))).toEqual({ ms: 40, measured: 1 });
    expect(startOf(times('new', 40, 9_000_000, 60))).toEqual({ ms: 60, measured: 3 });
    expect(startOf(times('new', 40, 60))).toEqual({ ms: 50, measured: 2 });
    expect(startOf(times('new', 1, 1, 1, 1, 1, 2, 3, 3, 3, 3, 3))).toEqual({ ms: 3, measured: 9 });
  });

  it('is guessed to be at most half as long for a machine that was stopped', () => {
    expect(restartOf(undefined).ms).toBe(45_000);
    expect(restartOf(times('new', 40_000)).ms).toBe(20_000);
    expect(restartOf(withStart(times('new', 40_000), 'started', 33_000))).toEqual({ ms: 33_000, measured: 1 });
  });
});

describe('the gap before a job', () => {
  it('is that of the machine which it came to', () => {
    const idle = withLeft(withLeft(none, left('i-1', 1000)), left('i-2', 2000));
    const used = withJob(idle, { machine: 'i-1', isNew: false }, 5000);
    expect(used.past.gapsMs).toEqual([4000]);
    expect(used.idle.map(({ machine }) => machine)).toEqual(['i-2']);
    expect(withJob(used, { machine: 'i-1', isNew: false }, 6000)).toBe(used);
  });

  it('is that of the machine which was let go last, where a new one had to be made', () => {
    const idle = [left('i-1', 1000), left('i-2', 2000), left('i-3', 4990)].reduce(withLeft, none);
    const used = withJob(idle, { machine: 'i-4', isNew: true }, 5000);
    // The last is still there, and was not right for the job.
    expect(used.past.gapsMs).toEqual([3000]);
    expect(used.idle.map(({ machine }) => machine)).toEqual(['i-1', 'i-3']);
    expect(withJob(none, { machine: 'i-4', isNew: true }, 5000)).toBe(none);
  });

  it('counts for machines that nobody came back to, too, once there are many', () => {
    let uses = none;
    for (let at = 0; at < 40; at++) uses = withLeft(uses, left(`i-${at}`, at));
    expect(uses.idle).toHaveLength(32);
    expect(uses.past.gapsMs).toEqual(Array(8).fill(32));
  });
});

it('whatever happens, what is known stays small and allows only tails that pay', () => {
  const event = fc.record({
    type: fc.constantFrom('start', 'again', 'left', 'job', 'new' as const),
    machine: fc.constantFrom('i-1', 'i-2', 'i-3'),
    ms: fc.integer({ min: -1000, max: 400_000 }),
  });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 120 }), events => {
      let now = 1e9;
      let uses: MachineUses = none;
      for (const { type, machine, ms } of events) {
        // A clock may be set back.
        now += ms;
        if (type === 'start') uses = withStart(uses, 'new', ms);
        else if (type === 'again') uses = withStart(uses, 'started', ms);
        else if (type === 'left') uses = withLeft(uses, { machine, at: now, busyMs: Math.max(0, ms), tailMs: 50_000 });
        else uses = withJob(uses, { machine, isNew: type === 'new' }, now);
        const { past, idle, startsMs, restartsMs } = uses;
        for (const each of [...startsMs, ...restartsMs, ...past.gapsMs, past.spareMs]) {
          expect(each).toBeGreaterThanOrEqual(0);
        }
        expect(new Set(idle.map(one => one.machine)).size).toBe(idle.length);
        const startMs = startOf(uses).ms;
        const { idleTailMs } = idleTail({ usdPerHour: 1, startMs, past, minimumBilledMs: 0 });
        expect(Math.abs(idleTailMs - startMs)).toBeLessThanOrEqual(past.spareMs);
      }
    }),
  );
});
