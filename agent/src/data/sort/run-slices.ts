import type { RunSlice } from './run-cursor.js';
import { RunCursor } from './run-cursor.js';
import type { RunSample, RunSummary } from './run-end.js';

/** A place in a run. */
export interface RunPlace {
  readonly offset: number;
  /** What the records before it take as lines. */
  readonly lineBytes: number;
}

const scanBytes = 64 * 1024;

/**
 * Where the records begin whose keys are not below a bound; undefined is above all keys.
 * @param bound not longer than `sampleKeyBytes`: the beginnings of longer keys then tell as well which side they are on
 */
export function placeInRun(run: RunSummary, bound: Uint8Array | undefined): RunPlace {
  const end = { offset: run.dataBytes, lineBytes: run.lineBytes };
  if (bound === undefined) return end;
  const before = lastBelow(run.samples, bound);
  if (before === undefined) return { offset: 0, lineBytes: 0 };
  const slice = { path: run.path, from: before.offset, to: run.dataBytes };
  const cursor = new RunCursor(slice, Buffer.allocUnsafeSlow(scanBytes), 0);
  let { lineBytes } = before;
  try {
    while (cursor.next()) {
      if (cursor.bytes.compare(bound, 0, bound.length, cursor.keyStart, cursor.keyEnd) >= 0) {
        return { offset: cursor.offset, lineBytes };
      }
      lineBytes += (cursor.valueMark === 0 ? cursor.keyEnd - cursor.keyStart : cursor.valueMark - 1) + 1;
    }
  } finally {
    cursor.close();
  }
  return end;
}

function lastBelow(samples: readonly RunSample[], bound: Uint8Array): RunSample | undefined {
  let [low, high] = [0, samples.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (samples[middle]!.key.compare(bound) < 0) low = middle + 1;
    else high = middle;
  }
  return samples[low - 1];
}

/** Bytes that all keys of some runs begin with. */
export function commonKeyBytes(runs: readonly RunSummary[]): number {
  let first: Buffer | undefined;
  let last: Buffer | undefined;
  for (const { samples, lastKey } of runs) {
    const key = samples[0]?.key;
    if (key === undefined) continue;
    if (first === undefined || key.compare(first) < 0) first = key;
    if (last === undefined || lastKey.compare(last) > 0) last = lastKey;
  }
  if (first === undefined || last === undefined) return 0;
  let common = 0;
  while (common < first.length && common < last.length && first[common] === last[common]) common++;
  return common;
}

/** A whole run. */
export function wholeRun({ path, dataBytes }: RunSummary): RunSlice {
  return { path, from: 0, to: dataBytes };
}
