import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { MergedRuns } from './merged-runs.js';
import type { RunSlice } from './run-cursor.js';
import { RunWriter } from './run-writer.js';

export interface MergeOptions {
  /** For all buffers together. */
  readonly memoryBytes: number;
  /** Least of one buffer: reads are to be large. @defaultValue 128 KiB */
  readonly leastBufferBytes?: number;
  /** Where runs of several are put that are too many to be read at once. */
  readonly scratch: string;
  /** Begins the names of its files there, which nobody else uses. */
  readonly name: string;
  /** Bytes that all keys begin with. @defaultValue 0 */
  readonly common?: number;
}

const defaultLeastBytes = 128 * 1024;
/** Larger reads and writes are no faster. */
const mostBufferBytes = 16 * 2 ** 20;
const mostBesideBytes = 4 * 2 ** 20;
/** Beyond, each takes long to find its place, and descriptors run out. */
const mostAtOnce = 512;

/**
 * Merges slices, however many: where their buffers would not fit, neighbours of the smallest size are first made one, in the scratch folder.
 * The caller closes what it gets, and writes through its `beside`.
 * @throws MegalithError DISK_FULL
 */
export function mergeSlices(slices: readonly RunSlice[], options: MergeOptions): MergedRuns {
  const { memoryBytes, leastBufferBytes = defaultLeastBytes, scratch, name, common = 0 } = options;
  const atOnce = Math.max(2, Math.min(mostAtOnce, Math.floor(memoryBytes / leastBufferBytes) - 1));
  const left = slices.filter(({ from, to }) => from < to);
  const made = new Set<string>();
  for (let number = 0; left.length > atOnce; number++) {
    const width = Math.min(atOnce, left.length - atOnce + 1);
    const at = smallestWindow(left, width);
    const merging = left.slice(at, at + width);
    const path = join(scratch, `${name}-${number}.run`);
    left.splice(at, width, mergedInto(path, merging, memoryBytes, common));
    made.add(path);
    for (const { path: used } of merging) {
      if (made.delete(used)) rmSync(used);
    }
  }
  return opened(left, memoryBytes, common);
}

/** One buffer for each, and one for what is written. */
function opened(slices: readonly RunSlice[], memoryBytes: number, common: number): MergedRuns {
  const bufferBytes = Math.min(mostBufferBytes, Math.floor(memoryBytes / (slices.length + 1)));
  return new MergedRuns(slices, bufferBytes, Math.min(mostBesideBytes, bufferBytes), common);
}

function mergedInto(path: string, slices: readonly RunSlice[], memoryBytes: number, common: number): RunSlice {
  const merged = opened(slices, memoryBytes, common);
  const writer = new RunWriter(path, { buffer: merged.beside });
  try {
    for (let record = merged.next(); record !== undefined; record = merged.next()) {
      const { bytes, keyStart, keyEnd, valueStart, valueMark } = record;
      writer.write(bytes, keyStart, keyEnd - keyStart, valueStart, valueMark);
    }
  } catch (error) {
    writer.abandon();
    throw error;
  } finally {
    merged.close();
  }
  return { path, from: 0, to: writer.finish().dataBytes };
}

function smallestWindow(slices: readonly RunSlice[], width: number): number {
  const sizeOf = ({ from, to }: RunSlice): number => to - from;
  let size = 0;
  let best = 0;
  let bestSize = Number.POSITIVE_INFINITY;
  for (const [index, slice] of slices.entries()) {
    size += sizeOf(slice);
    if (index >= width) size -= sizeOf(slices[index - width]!);
    if (index >= width - 1 && size < bestSize) {
      bestSize = size;
      best = index - width + 1;
    }
  }
  return best;
}
