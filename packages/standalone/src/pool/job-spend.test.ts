import { expect, it } from 'vitest';
import { JobSpend } from './job-spend.js';

const hour = 3_600_000;

it('a job has cost what its machines cost while it had them; one that was started for it, a minute at least', () => {
  const spend = new JobSpend();
  expect(spend.of('a', hour)).toBe(0);
  spend.came('a', 'i-1', { usdPerHour: 6, since: 0, isStarted: true });
  expect(spend.of('a', 1000)).toBeCloseTo(0.1, 10);
  expect(spend.of('a', hour / 2)).toBeCloseTo(3, 10);
  spend.left('a', 'i-1', hour);
  spend.left('a', 'i-1', 2 * hour);
  spend.came('a', 'i-2', { usdPerHour: 2, since: hour, isStarted: false });
  expect(spend.of('a', hour + 1000)).toBeCloseTo(6 + 2 / 3600, 10);
  expect(spend.of('a', 3 * hour)).toBeCloseTo(6 + 4, 10);
  expect(spend.of('b', hour)).toBe(0);
  spend.forget('a');
  expect(spend.of('a', hour)).toBe(0);
});
