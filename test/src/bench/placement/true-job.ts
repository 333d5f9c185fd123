import type { Label } from '@megalith/core';
import type { Seeded } from './seeded.js';

/** What runs again and again: what its tasks take, as nobody but the simulation knows. */
export interface TrueFunction {
  readonly name: string;
  readonly cpus: number;
  /** Tasks of a run, before the run's size. */
  readonly tasks: number;
  /** Medians of one task: milliseconds, bytes. */
  readonly taskMs: number;
  readonly memoryBytes: number;
  /** Deviations of the logarithm: of one task's time and memory from those of its run. */
  readonly taskSpread: { readonly ms: number; readonly memory: number };
  /** The same of a run from others. */
  readonly runSpread: { readonly ms: number; readonly memory: number; readonly tasks: number };
  readonly mostBytes: number;
}

/** One run. */
export interface TrueJob {
  readonly fn: TrueFunction;
  /** Of each task, with the processors that it asks for, milliseconds. */
  readonly ms: readonly number[];
  readonly peakBytes: readonly number[];
  readonly label: Label;
  /** What the user says that a task needs. */
  readonly saidBytes?: number | undefined;
  /** Set where the job has one; see `withDeadline`. */
  readonly deadlineMs?: number | undefined;
  /** How the start of machines and functions goes this time, against what is expected. */
  readonly startFactor: number;
  /** So long each of the own hosts is taken, milliseconds. */
  readonly busyMs: readonly number[];
}

/** A run of a function, larger or smaller than others. */
export function runOf(fn: TrueFunction, random: Seeded, fields: Partial<TrueJob> = {}): TrueJob {
  const { taskMs, memoryBytes, taskSpread, runSpread, mostBytes } = fn;
  const count = Math.max(
    1,
    Math.min(1000, Math.round(fn.tasks * (fn.tasks === 1 ? 1 : random.factor(runSpread.tasks)))),
  );
  const runMs = taskMs * random.factor(runSpread.ms);
  const runBytes = memoryBytes * random.factor(runSpread.memory);
  const ms = Array.from({ length: count }, () => runMs * random.factor(taskSpread.ms));
  const peakBytes = Array.from({ length: count }, () =>
    Math.min(mostBytes, runBytes * random.factor(taskSpread.memory)),
  );
  return { fn, ms, peakBytes, label: 'internal', startFactor: random.factor(0.1), busyMs: [], ...fields };
}

const gib = 2 ** 30;
const mib = 2 ** 20;

/** How much runs of one function differ, as deviations of logarithms. */
export interface RunSpread {
  readonly ms: number;
  readonly memory: number;
}

/** The same code over inputs of the same size: times on shared machines, and peaks of memory, differ by so much. */
export const alike: RunSpread = { ms: 0.08, memory: 0.02 };
/** Inputs of different sizes. */
export const varied: RunSpread = { ms: 0.25, memory: 0.12 };
/** Runs that have little more in common than their code. */
export const unlike: RunSpread = { ms: 1, memory: 0.5 };

/** Stages as METASPACE has them: 1 to 1,000 tasks that need 256 MB to 128 GB; what reads chunks has many small tasks, what joins has few large ones. */
export function metaspaceStages(runSpread: RunSpread): TrueFunction[] {
  return stages.map(([name, cpus, tasks, seconds, memoryBytes]) => ({
    name,
    cpus,
    tasks,
    taskMs: seconds * 1000,
    memoryBytes,
    taskSpread: { ms: tasks === 1 ? 0 : 0.3, memory: 0.02 },
    runSpread: { ...runSpread, tasks: 0.5 },
    mostBytes: 128 * gib,
  }));
}

const stages = [
  ['upload', 1, 1, 20, 2 * gib],
  ['split', 1, 4, 60, 8 * gib],
  ['read-chunks', 1, 400, 15, 0.5 * gib],
  ['parse', 1, 1000, 4, 0.25 * gib],
  ['sort', 2, 16, 90, 6 * gib],
  ['segment', 1, 64, 45, 1.2 * gib],
  ['databases', 4, 1, 240, 24 * gib],
  ['annotate', 1, 300, 120, 2.5 * gib],
  ['score', 1, 800, 25, 0.8 * gib],
  ['images', 1, 150, 60, 3.5 * gib],
  ['merge', 8, 1, 400, 60 * gib],
  ['whole-set', 16, 1, 900, 100 * gib],
] as const;

/**
 * Functions whose memory is spread log-normally from 64 MB to 1.5 TB, with 1 to 5 % above 10 GB; larger ones take longer and are more often alone.
 */
export function lognormalFunctions(count: number, random: Seeded, runSpread: RunSpread): TrueFunction[] {
  return Array.from({ length: count }, (_, i) => {
    // 3 % above 10 GiB: the median is 420 MiB, 1.7 deviations of the logarithm.
    const memoryBytes = Math.min(1.5 * 2 ** 40, Math.max(64 * mib, 420 * mib * random.factor(1.7)));
    const tasks = random.next() < 0.5 ? 1 : Math.round(random.magnitude(2, memoryBytes > 10 * gib ? 10 : 500));
    const cpus = memoryBytes > 10 * gib ? random.pick([4, 8, 16, 32]) : random.pick([1, 1, 1, 1, 2, 4]);
    return {
      name: `f${i}`,
      cpus,
      tasks,
      taskMs: 20_000 * (memoryBytes / gib) ** 0.4 * random.factor(1.2),
      memoryBytes,
      taskSpread: { ms: tasks === 1 ? 0 : 0.3, memory: 0.02 },
      runSpread: { ...runSpread, tasks: 0.4 },
      mostBytes: 1.5 * 2 ** 40,
    };
  });
}
