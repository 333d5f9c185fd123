import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ByteWriter } from '../protocol/byte-writer.js';
import { appendTask, beginTasks, readTasks, type TaskSpan } from '../protocol/tasks.js';
import { Retries, retryDelayMs } from './retries.js';

const rule = { retries: 2, backoffMs: 100, factor: 2, maxBackoffMs: 1000 };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function tasks(count: number): TaskSpan {
  const out = new ByteWriter();
  beginTasks(out, 1);
  for (let index = 0; index < count; index++) appendTask(out, index, 1, `item ${index}`);
  return readTasks(out.take()).span;
}

test('the wait is at most the backoff, which grows up to its limit', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, random) => {
      const delay = retryDelayMs(rule, attempt, random);
      expect(delay).toBeGreaterThanOrEqual(0);
      expect(delay).toBeLessThanOrEqual(Math.min(1000, 100 * 2 ** (attempt - 1)));
    }),
  );
});

test('a task comes back with its item as the next attempt, until its tries are used up', () => {
  const again: TaskSpan[] = [];
  const retries = new Retries(
    rule,
    span => again.push(span),
    () => 1,
  );
  retries.received(tasks(3));
  expect(retries.failed(1, 1, 'EXITED')).toBe(true);
  expect(retries.waiting).toBe(1);
  vi.advanceTimersByTime(100);
  expect(again.map(span => [span.indexOf(0), span.attemptOf(0), span.itemOf(0)])).toEqual([[1, 2, 'item 1']]);
  expect(retries.failed(1, 2, 'EXITED')).toBe(true);
  expect(retries.failed(1, 3, 'EXITED')).toBe(false);
  expect(retries.failed(0, 1, 'CANCELLED')).toBe(false);
});

test('one task that is withdrawn while it waits does not come back, and the others do', () => {
  const again: number[] = [];
  const retries = new Retries(
    rule,
    span => again.push(span.indexOf(0)),
    () => 1,
  );
  retries.received(tasks(3));
  for (const index of [0, 1, 2]) retries.failed(index, 1, 'EXITED');
  expect(retries.withdraw(new Set([1])).map(span => span.indexOf(0))).toEqual([1]);
  vi.runAllTimers();
  expect(again).toEqual([0, 2]);
  expect(retries.waiting).toBe(0);
});
