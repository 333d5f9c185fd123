import { sum } from './arithmetic.js';

export function average(values: readonly number[]): number {
  return sum(values) / values.length;
}
