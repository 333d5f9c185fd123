import type { Label } from './label.js';
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
  | { readonly type: 'files'; readonly id: string }
  /** Change what the agent was started with; what is left out stays. Times as in `MachineOptions`. */
  | { readonly type: 'settings'; readonly idleMs?: number; readonly expiresAt?: number }
  | LeaseRequest
  /** The holder brings no job. Without effect where it has no lease, or its job has come. */
  | { readonly type: 'endLease'; readonly holder: LeaseHolder };

/** Have the machine alone, for one job. The same holder asking again renews the lease. */
export interface LeaseRequest {
  readonly type: 'lease';
  readonly holder: LeaseHolder;
  /** Of the job's data: no job of a lower label comes to the machine ever after. */
  readonly label: Label;
  /** What the job asks for in all. */
  readonly requirements: { readonly cpus: number; readonly memoryBytes: number };
  /** How long the lease holds without its job and without being asked for again, milliseconds; at most 1 h. */
  readonly ttlMs: number;
}

export interface LeaseHolder {
  /** Whose machines these are. */
  readonly owner: string;
  /** The job's id. */
  readonly job: string;
}

export type LeaseReply =
  /** `until` as in `MachineStatus`; from when its job has come the lease ends with the job. */
  | { readonly type: 'lease'; readonly granted: true; readonly until: number; readonly label: Label }
  | {
      readonly type: 'lease';
      readonly granted: false;
      /** `LABEL` and `TOO_SMALL` are for ever, `DRAINING` until the machine ends, `BUSY` for now. */
      readonly reason: 'BUSY' | 'LABEL' | 'DRAINING' | 'TOO_SMALL';
      readonly message: string;
    };

/** The cloud takes the machine back. */
export interface Interruption {
  /** In the cloud's own words: `terminate`, `stop` or `hibernate`. */
  readonly action: string;
  /** Epoch milliseconds, by the cloud's clock. */
  readonly at: number;
}

/** Answers to a `MachineRequest`. */
export type MachineReply =
  | { readonly type: 'status'; readonly status: MachineStatus }
  | { readonly type: 'jobs'; readonly jobs: readonly MachineJob[] }
  | { readonly type: 'load'; readonly cpus: number; readonly memoryBytes: number }
  | { readonly type: 'mirror'; readonly description: unknown; readonly summary: unknown }
  /** `isOver` without a summary: the job's host died, and none goes on with the job. */
  | { readonly type: 'mirrored'; readonly summary: unknown; readonly isOver: boolean }
  | {
      readonly type: 'ok';
      /** Of `drain`: how the machine stood at that moment. It may be gone the next. */
      readonly status?: MachineStatus;
    }
  | LeaseReply
  | { readonly type: 'refused'; readonly failure: Failure };

/** What a machine's agent says of itself. Times are epoch milliseconds of the machine's own clock. */
export interface MachineStatus {
  readonly machine: MachineInfo;
  readonly agent: string;
  readonly startedAt: number;
  readonly now: number;
  readonly clients: number;
  /** It takes no new jobs. */
  readonly draining: boolean;
  readonly idleMs: number;
  /** When it ends if nothing happens; undefined while something holds it. */
  readonly endsAt?: number;
  /** Why it is still up, one sentence each. */
  readonly reasons: readonly string[];
  readonly lease?: LeaseHolder & { readonly label: Label; readonly until: number };
  /** The highest label that it was ever leased for. */
  readonly label?: Label;
  /** The machine's absolute end. */
  readonly expiresAt?: number;
  readonly interruption?: Interruption;
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
