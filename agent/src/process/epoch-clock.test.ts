import { describe, expect, it } from 'vitest';
import { epochClock } from './epoch-clock.js';

describe('the clock of stats', () => {
  it('goes steadily, with fractions, however coarse the wall clock is', () => {
    let steady = 0.25;
    const now = epochClock(
      () => 1000 + Math.floor(steady),
      () => steady,
      1000,
    );
    expect(now()).toBe(1000.25);
    steady = 7.5;
    expect(now()).toBe(1007.5);
  });

  it('is set anew after the machine was frozen, and steady from there on', () => {
    let steady = 5;
    let wall = 1005;
    const now = epochClock(
      () => wall,
      () => steady,
      1000,
    );
    expect(now()).toBe(1005);
    wall += 600_000;
    expect(now()).toBe(601_005);
    steady += 2.5;
    wall += 2;
    expect(now()).toBe(601_007.5);
  });
});
