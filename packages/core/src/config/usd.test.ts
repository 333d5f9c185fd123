import { expect, it } from 'vitest';
import { formatUsd } from './usd.js';

it.each([
  [0, '$0.00'],
  [12.3, '$12.30'],
  [0.1, '$0.10'],
  [0.004_21, '$0.0042'],
  [0.000_000_4, '<$0.0001'],
])('%d dollars are %s', (usd, text) => {
  expect(formatUsd(usd)).toBe(text);
});
