import type { AttemptStats, Failure } from '@megalith/agent';

/** How an attempt ended, as far as it tells what its code needs. `running`: it had not ended when it was looked at. */
export const sampleOutcomes = ['done', 'failed', 'out-of-memory', 'timed-out', 'running'] as const;
export type SampleOutcome = (typeof sampleOutcomes)[number];

/** What one attempt of a task told of its code. */
export interface TaskSample {
  /** Names the task in the world: `JOB/INDEX`. */
  readonly task: string;
  /** Counts from 1. */
  readonly attempt: number;
  /** When it ended, epoch milliseconds. */
  readonly at: number;
  readonly outcome: SampleOutcome;
  /** From its start to its end, milliseconds. */
  readonly runMs: number;
  /** What of a processor it took, milliseconds; more than `runMs` where it used several. */
  readonly cpuMs?: number;
  /** Processors that its slot had; less than 1 where it was slowed down. */
  readonly vcpus: number;
  readonly peakMemoryBytes?: number;
  /** What it could use, where it ran out of memory. */
  readonly limitBytes?: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** Where an attempt ran. */
export interface SamplePlace {
  readonly job: string;
  /** Processors of its slot: what the task asked for, or, in a function, what its memory buys. */
  readonly vcpus: number;
  /** What a task could use there, bytes. */
  readonly memoryBytes?: number;
}

/** What an attempt told; undefined where it told nothing of its code: it was cancelled, or lost with its machine. */
export function sampleOf(
  index: number,
  attempt: number,
  stats: AttemptStats,
  failure: Pick<Failure, 'code'> | undefined,
  { job, vcpus, memoryBytes }: SamplePlace,
): TaskSample | undefined {
  const outcome = failure === undefined ? 'done' : outcomes[failure.code];
  if (outcome === undefined) return undefined;
  const { startedAt, endedAt, cpuUserMs, cpuSystemMs, peakMemoryBytes, bytesIn, bytesOut } = stats;
  return {
    task: `${job}/${index}`,
    attempt,
    at: endedAt,
    outcome,
    runMs: Math.max(0, endedAt - startedAt),
    ...(cpuUserMs === undefined ? {} : { cpuMs: cpuUserMs + (cpuSystemMs ?? 0) }),
    vcpus,
    ...(peakMemoryBytes === undefined ? {} : { peakMemoryBytes }),
    ...(outcome !== 'out-of-memory' || memoryBytes === undefined ? {} : { limitBytes: memoryBytes }),
    bytesIn,
    bytesOut,
  };
}

const outcomes: Partial<Record<Failure['code'], SampleOutcome>> = {
  THREW: 'failed',
  CRASHED: 'failed',
  EXITED: 'failed',
  NOT_SERIALIZABLE: 'failed',
  OVER_PAYLOAD: 'failed',
  OUT_OF_MEMORY: 'out-of-memory',
  TIMED_OUT: 'timed-out',
};
