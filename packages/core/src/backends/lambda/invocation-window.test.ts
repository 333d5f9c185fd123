import fc from 'fast-check';
import { expect, it } from 'vitest';
import { InvocationWindow, type Pass } from './invocation-window.js';

it('begins with what AWS lets through at once, and never goes above the limit', () => {
  expect(new InvocationWindow({ most: 5000 }, 0).free).toBe(1000);
  expect(new InvocationWindow({ most: 10 }, 0).free).toBe(10);
});

it('steps back once for all calls that were out together, and again for one that was sent since', () => {
  const window = new InvocationWindow({ most: 400 }, 0);
  const passes = Array.from({ length: 400 }, () => window.enter());
  for (const pass of passes.slice(0, 100)) window.refused(pass, 1);
  expect(window.size).toBe(200);
  const later = window.enter();
  window.refused(later, 2);
  expect(window.size).toBeLessThan(200);
});

it('widens with time while it is full, as calls that take long say nothing', () => {
  const window = new InvocationWindow({ most: 1000, first: 2 }, 0);
  window.enter();
  expect(window.widen(5000)).toBe(false);
  window.enter();
  expect(window.free).toBe(0);
  expect(window.widen(6000)).toBe(true);
  expect(window.free).toBeGreaterThan(0);
});

it('comes to the limit again after a throttling', () => {
  const window = new InvocationWindow({ most: 100 }, 0);
  const passes = Array.from({ length: 100 }, () => window.enter());
  for (const pass of passes) window.refused(pass, 0);
  for (let now = 1000; now <= 60_000; now += 1000) {
    while (window.free > 0) window.enter();
    window.widen(now);
  }
  expect(window.size).toBe(100);
});

type Step = 'enter' | 'leave' | 'refused' | 'withdraw' | 'widen';
const steps = fc.array(fc.constantFrom<Step>('enter', 'enter', 'enter', 'leave', 'refused', 'withdraw', 'widen'), {
  maxLength: 300,
});

it('keeps within one and the limit, whatever happens, and lets somebody in where nobody is', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2000 }), steps, (most, all) => {
      const window = new InvocationWindow({ most }, 0);
      const out: Pass[] = [];
      for (const [at, step] of all.entries()) {
        if (step === 'enter' && window.free > 0) out.push(window.enter());
        else if (step === 'widen') window.widen(at * 400);
        else {
          const pass = out.shift();
          if (pass === undefined) continue;
          if (step === 'leave') window.leave();
          else if (step === 'refused') window.refused(pass, at);
          else window.withdraw();
        }
        expect(window.size).toBeGreaterThanOrEqual(1);
        expect(window.size).toBeLessThanOrEqual(most);
        expect(window.out).toBe(out.length);
        expect(out.length).toBeLessThanOrEqual(most);
        if (out.length === 0) expect(window.free).toBeGreaterThan(0);
      }
    }),
  );
});
