import type { PerGibSecond } from '../billing.js';
import { usableBytesOf, vcpusOf } from '../function-size.js';
import type { JobProfile, Spread } from '../job-profile.js';
import { type TimeParts, timeParts, timeWith } from './computing-time.js';
import type { History } from './history.js';
import { profileFrom } from './profile-from.js';

/** What one task is given: what the caller said, else what its history says. Undefined where nobody knows. Bytes. */
export function memoryFor(history: History | undefined, statedBytes: number | undefined, now: number) {
  return statedBytes ?? (history === undefined ? undefined : profileFrom(history, now)?.memoryBytes);
}

/** What a function of one size would be for a task. */
export interface FunctionSize {
  readonly memoryMib: number;
  readonly vcpus: number;
  readonly usableBytes: number;
  /** Why a task would not be safe in it. @defaultValue it would be, as far as anybody knows */
  readonly unsafe?: 'OVER_MEMORY' | 'OVER_TIME';
  /** Of one task, with what memory buys of a processor, milliseconds. */
  readonly taskMs: Spread;
  /** Of one task, half of the time. */
  readonly usd: number;
}

export interface FunctionTerms extends Pick<PerGibSecond, 'usdPerGibSecond' | 'usdPerRequest'> {
  /** Of one call. */
  readonly timeoutMs: number;
  /** What each call takes beside the task, milliseconds. @defaultValue 0 */
  readonly overheadMs?: number;
}

/** How a task takes its time: a share of it computes, on so many processors at most. */
export interface TaskShape {
  /** 0 for a task that waits, 1 for one that computes. @defaultValue 1 */
  readonly cpuShare?: number;
  /** @defaultValue 1 */
  readonly width?: number;
}

/**
 * What a task would take in functions of several sizes, smallest first. Memory buys a share of a processor, so that up to what the task can use of it
 * twice the memory takes half the time for the same price, and what it waits for makes small ones cheaper: the cheapest is not always the smallest.
 * @param profile of the task with one processor
 */
export function functionSizes(
  sizesMib: readonly number[],
  profile: JobProfile,
  terms: FunctionTerms,
  shape: TaskShape = {},
): readonly FunctionSize[] {
  const { timeoutMs, overheadMs = 0, usdPerGibSecond, usdPerRequest } = terms;
  return [...new Set(sizesMib)]
    .sort((one, other) => one - other)
    .map(memoryMib => {
      const vcpus = vcpusOf(memoryMib);
      const usableBytes = usableBytesOf(memoryMib);
      const p50 = timeWith(partsOf(profile.taskMs.p50, shape), vcpus);
      const p90 = timeWith(partsOf(profile.taskMs.p90, shape), vcpus);
      const usd = Math.ceil(p50 + overheadMs) * (memoryMib / 1024) * (usdPerGibSecond / 1000) + usdPerRequest;
      const size = { memoryMib, vcpus, usableBytes, taskMs: { p50, p90 }, usd };
      if ((profile.memoryBytes ?? 1) > usableBytes) return { ...size, unsafe: 'OVER_MEMORY' as const };
      return p90 + overheadMs > timeoutMs ? { ...size, unsafe: 'OVER_TIME' as const } : size;
    });
}

/** The shape of most tasks of a piece of code, where any was measured. */
export function shapeFrom({ samples }: History): TaskShape {
  const parts = samples.flatMap(sample =>
    sample.outcome === 'done' && sample.cpuMs !== undefined ? [timeParts(sample)] : [],
  );
  const middle = (figures: number[]) => figures.sort((one, other) => one - other)[Math.floor(figures.length / 2)];
  const cpuShare = middle(parts.map(({ cpuMs, waitMs }) => (cpuMs + waitMs > 0 ? cpuMs / (cpuMs + waitMs) : 1)));
  const width = middle(parts.map(part => part.width));
  return cpuShare === undefined || width === undefined ? {} : { cpuShare, width };
}

/** The cheapest that is safe, of equals the smallest. Undefined where none is. */
export function cheapestSize(sizes: readonly FunctionSize[]): FunctionSize | undefined {
  const safe = sizes.filter(({ unsafe }) => unsafe === undefined);
  return safe.reduce<FunctionSize | undefined>(
    (best, size) => (best === undefined || size.usd < best.usd ? size : best),
    undefined,
  );
}

/** Takes apart what a task takes with one processor. */
function partsOf(ms: number, { cpuShare = 1, width = 1 }: TaskShape): TimeParts {
  return { waitMs: ms * (1 - cpuShare), cpuMs: ms * cpuShare, width: Math.max(1, width) };
}
