import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { after } from './deadline.js';

const dayMs = 24 * 3600 * 1000;
beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('calls back once, after weeks too', () => {
  const called = vi.fn();
  after(60 * dayMs, called);
  vi.advanceTimersByTime(60 * dayMs - 1);
  expect(called).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(called).toHaveBeenCalledOnce();
});

it('can be called off at any time', () => {
  const called = vi.fn();
  const callOff = after(60 * dayMs, called);
  vi.advanceTimersByTime(40 * dayMs);
  callOff();
  vi.advanceTimersByTime(40 * dayMs);
  expect(called).not.toHaveBeenCalled();
  expect(vi.getTimerCount()).toBe(0);
});
