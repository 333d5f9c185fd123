import type { TaskSample } from './task-sample.js';

/**
 * Of many samples, `most` that are spread as all are: evenly from the least memory to the most, both included, with the one that took longest and the
 * attempts that ran out of something among them.
 */
export function spreadOut(samples: readonly TaskSample[], most: number): readonly TaskSample[] {
  if (samples.length <= most) return samples;
  const outgrown = evenly(samples.filter(hasOutgrown), Math.floor(most / 4));
  const longest = samples.reduce((one, other) => (other.runMs > one.runMs ? other : one));
  const chosen = new Set([...outgrown, longest]);
  const others = samples.filter(sample => !chosen.has(sample));
  return [...chosen, ...evenly(others, most - chosen.size)];
}

function hasOutgrown({ outcome }: TaskSample): boolean {
  return outcome === 'out-of-memory' || outcome === 'timed-out';
}

function evenly(samples: readonly TaskSample[], most: number): readonly TaskSample[] {
  if (samples.length <= most) return samples;
  const sorted = samples.toSorted((one, other) => sizeOf(one) - sizeOf(other));
  return Array.from({ length: most }, (_, n) => sorted[Math.round((n * (sorted.length - 1)) / Math.max(1, most - 1))]!);
}

function sizeOf({ peakMemoryBytes = 0, limitBytes = 0 }: TaskSample): number {
  return Math.max(peakMemoryBytes, limitBytes);
}
