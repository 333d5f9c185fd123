import type { Failure, MachineInfo } from './messages.js';

/** What a client may ask of a machine's agent, each on a connection of its own. */
export type MachineRequest =
  | { readonly type: 'status' }
  /** Take no new jobs, and end with the last one. */
  | { readonly type: 'drain' }
  /** Another agent of this machine: tell it the load as it changes. The older one ends once it has no jobs. */
  | { readonly type: 'share'; readonly agent: string; readonly startedAt: number }
  /** End. Without `force`, only when no job runs. */
  | { readonly type: 'stop'; readonly force: boolean }
  | { readonly type: 'jobs' }
  | { readonly type: 'cancelJob'; readonly id: string; readonly reason: string }
  | { readonly type: 'removeJob'; readonly id: string }
  /** The journal of a job from an offset on, byte for byte; with `follow`, to the job's end. */
  | { readonly type: 'mirror'; readonly id: string; readonly from: number; readonly follow: boolean }
  /** After the answer the connection belongs to the transfer of the job's files (`files/`). */
  | { readonly type: 'files'; readonly id: string };

/** Answers to a `MachineRequest`. */
export type MachineReply =
  | { readonly type: 'status'; readonly status: MachineStatus }
  | { readonly type: 'jobs'; readonly jobs: readonly MachineJob[] }
  | { readonly type: 'load'; readonly cpus: number; readonly memoryBytes: number }
  | { readonly type: 'mirror'; readonly description: unknown; readonly summary: unknown }
  /** `isOver` without a summary: the job's host died, and none goes on with the job. */
  | { readonly type: 'mirrored'; readonly summary: unknown; readonly isOver: boolean }
  | { readonly type: 'ok' }
  | { readonly type: 'refused'; readonly failure: Failure };

/** What a machine's agent says of itself. Times are epoch milliseconds of the machine's own clock. */
export interface MachineStatus {
  readonly machine: MachineInfo;
  readonly agent: string;
  readonly startedAt: number;
  readonly now: number;
  readonly clients: number;
  readonly draining: boolean;
  readonly idleMs: number;
  /** When it ends if nothing happens; undefined while something holds it. */
  readonly endsAt?: number;
  /** Why it is still up, one sentence each. */
  readonly reasons: readonly string[];
  readonly jobs: readonly RunningJob[];
}

/** A job that a machine has taken and not ended. */
export interface RunningJob {
  readonly id: string;
  readonly name: string;
  readonly running: number;
  readonly settled: number;
  readonly failed: number;
  readonly total?: number;
  readonly clients: number;
  readonly cpus: number;
  readonly memoryBytes?: number;
  /** Counted from 1 among the jobs that wait for room and have nothing running. */
  readonly place?: number;
  /** What it waits for, where that is not room. */
  readonly waitsFor?: 'files' | 'shared inputs' | 'secrets';
}

/** A job in a machine's folder: `job.json` and `summary.json`, how it stands while it runs, and whether its host died for good. */
export interface MachineJob {
  readonly id: string;
  readonly description: unknown;
  readonly summary?: unknown;
  readonly running?: RunningJob;
  readonly isLost?: boolean;
}
