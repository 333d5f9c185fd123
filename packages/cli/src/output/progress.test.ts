import { describe, expect, it } from 'vitest';
import { canRepaint, Progress } from './progress.js';
import { type ProgressView, statusLine, timeLeftMs } from './status-line.js';

const view: ProgressView = {
  done: 409,
  failed: 3,
  cancelled: 0,
  running: 8,
  total: 1000,
  complete: true,
  ratePerSecond: 35,
  peakMemoryBytes: 1.25 * 2 ** 30,
  elapsedMs: 12_000,
};

describe('statusLine', () => {
  it('tells what matters', () => {
    expect(statusLine(view)).toBe('412/1000 done (41%), 3 failed, ETA 17s, 8 running, 35/s, peak 1.3GiB');
  });

  it('never grows wider than the terminal, and leaves out the least first', () => {
    expect(statusLine(view, 45)).toBe('412/1000 done (41%), 3 failed, ETA 17s');
    for (let columns = 1; columns < 90; columns++)
      expect(statusLine(view, columns).length).toBeLessThanOrEqual(columns);
  });

  it('tells first of a place that is being made, and for how long the job waits for it', () => {
    const waiting = { ...view, done: 0, failed: 0, running: 0, total: 1, place: 'r6i.large (i-1) boots' };
    expect(statusLine(waiting, 43)).toBe('12s: r6i.large (i-1) boots, 0/1 done (0%)');
  });

  it('gives no total before it is known', () => {
    expect(statusLine({ ...view, complete: false, total: 500 })).toBe(
      '412 done, 3 failed, 8 running, 35/s, peak 1.3GiB',
    );
  });

  it('infers the time left from the part of the input that was read', () => {
    expect(timeLeftMs({ ...view, complete: false, total: 512, fractionRead: 0.5, ratePerSecond: 10 })).toBeCloseTo(
      61_200,
    );
    expect(timeLeftMs({ ...view, complete: false, total: 512, fractionRead: 1 })).toBeUndefined();
  });
});

function watched(repaint: boolean) {
  let now = 0;
  let done = 0;
  const written: string[] = [];
  const progress = new Progress({
    stream: { isTTY: repaint, columns: 60, write: text => written.push(text) },
    now: () => now,
    repaint,
    view: () => ({ done, failed: 0, cancelled: 0, running: 2, total: 100, complete: true }),
  });
  const at = (ms: number, count: number) => {
    now = ms;
    done = count;
    progress.tick();
  };
  return { progress, at, written };
}

describe('Progress', () => {
  it('writes a line every ten seconds where nobody watches, and none before', () => {
    const { at, written } = watched(false);
    for (let ms = 0; ms <= 25_000; ms += 100) at(ms, Math.min(99, Math.floor(ms / 1000)));
    expect(written).toEqual([
      '10/100 done (10%), ETA 1m30s, 2 running, 1.0/s\n',
      '20/100 done (20%), ETA 1m20s, 2 running, 1.0/s\n',
    ]);
  });

  it('repaints at most ten times a second, and cleans up', () => {
    const { progress, at, written } = watched(true);
    for (let ms = 0; ms < 1000; ms += 10) at(ms, 5);
    expect(written.length).toBeLessThanOrEqual(10);
    expect(written.at(-1)).toMatch(/^\r5\/100 done/);
    progress.stop();
    expect(written.at(-1)).toBe('\r\u001b[K');
  });

  it('puts a note on a line of its own', () => {
    const { progress, at, written } = watched(true);
    at(1000, 5);
    progress.note('task 3 failed');
    expect(written.slice(-2)).toEqual(['\r\u001b[K', 'task 3 failed\n']);
  });

  it('repaints only on a terminal that can, outside continuous integration', () => {
    const stream = { isTTY: true, write: () => true };
    expect(canRepaint(stream, {})).toBe(true);
    expect(canRepaint(stream, { TERM: 'dumb' })).toBe(false);
    expect(canRepaint(stream, { CI: 'true' })).toBe(false);
    expect(canRepaint({ ...stream, isTTY: false }, {})).toBe(false);
  });
});
