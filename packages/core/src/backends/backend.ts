import type {
  CommandWork,
  ErrorCode,
  FunctionWork,
  HostRetry,
  JobStorage,
  Label,
  Requirements,
  SharedSpec,
  TaskEvent,
} from '@megalith/agent';
import type { FileInput, FileOutput } from '../files/file-argument.js';
import type { Billing } from '../placement/billing.js';
import type { Estimate } from '../placement/estimate.js';
import type { Goal } from '../placement/goal.js';
import type { JobProfile } from '../placement/job-profile.js';
import type { PriceBook } from '../placement/prices-file.js';
import type { Site } from '../placement/site.js';

/** Why a candidate was not chosen. `TIED`: it is no worse than the chosen one, which comes first in the order of equals. */
export type ReasonCode =
  | 'POLICY'
  | 'REGION'
  | 'OVER_MEMORY'
  | 'OVER_CPUS'
  | 'OVER_TIME'
  | 'OVER_DISK'
  | 'OVER_PAYLOAD'
  | 'QUOTA'
  | 'NO_CAPACITY'
  | 'OVER_BUDGET'
  | 'MISSES_DEADLINE'
  | 'DEARER'
  | 'SLOWER'
  | 'TIED'
  | 'OUT_OF_REACH'
  | 'NOT_CONFIGURED';

/** Why a candidate cannot take a job, or was not the best. */
export interface Rejection {
  readonly reason: ReasonCode;
  readonly explanation: string;
  /** What to do about it. Where there is no other candidate, the job fails with these words. */
  readonly hint?: string;
  /** Where the place could not say what it has: the code of the error that was in the way. A job that has no other place fails with it. */
  readonly code?: ErrorCode;
}

/** In the order in which equals are preferred: what is there already before what has to be made. */
export const candidateKinds = ['here', 'host', 'warm', 'new', 'function'] as const;
export type CandidateKind = (typeof candidateKinds)[number];

/** One place where a job could run, as its backend offers it. */
export interface Candidate {
  /** The backend's name. */
  readonly backend: string;
  /** Names the place, the same in every plan: `here`, `host alpha`, `lambda us-east-1 1769MiB arm64`. Unique among a job's candidates. */
  readonly id: string;
  readonly kind: CandidateKind;
  readonly site: Site;
  /** What it is, in words: `this machine, 8 cpus, 30.1GiB usable`. */
  readonly description: string;
  /** What one task may ask for: of several machines, those of the largest. */
  readonly cpus: number;
  readonly usableMemoryBytes: number;
  /** Tasks of this job that run at once there. */
  readonly slots: number;
  /** While all its slots work. */
  readonly usdPerHour: number;
  readonly billing: Billing;
  /** From the decision until the first task begins: boot, bootstrap, cold start. Milliseconds. */
  readonly startMs: number;
  /** What each task takes there beside its own work, milliseconds. @defaultValue 0 */
  readonly taskOverheadMs?: number;
  /** What no task of it may exceed. */
  readonly limits?: {
    readonly timeMs?: number;
    readonly diskBytes?: number;
    /** Of an item, and of a result, encoded. */
    readonly payloadBytes?: number;
  };
  /** How inputs come there and outputs back. @defaultValue at once and for nothing */
  readonly transfer?: { readonly bytesPerSecond: number; readonly usdPerGib: number };
  /** What the job would take there; set by the planner, for candidates that could take it. */
  readonly estimate?: Estimate;
  readonly rejected?: Rejection;
}

/** A shared input as the backend gets it: the description, and its bytes where the client has them. */
export interface SharedPart {
  readonly spec: SharedSpec;
  readonly bytes?: Uint8Array;
}

/** What a backend needs to know of a job to offer a place for it. */
export interface JobRequest {
  readonly id: string;
  readonly name: string;
  readonly requirements: Requirements;
  readonly tags: readonly string[];
  /** How sensitive its data is. */
  readonly label: Label;
  readonly goal: Goal;
  /** What is known of its tasks beforehand. */
  readonly profile: JobProfile;
  /** Undefined for a lazy input. */
  readonly taskCount?: number;
  /** What only some places can do for it. */
  readonly wants?: readonly JobWant[];
}

/** `files`: inputs and outputs travel to and from a folder of the job's own. `detach`: the job outlives its client. `secrets`: variables that touch no disk. */
export type JobWant = 'files' | 'detach' | 'secrets';

/** A job that is ready to run. */
export interface BackendJob extends JobRequest {
  readonly work: FunctionWork | CommandWork;
  readonly shared: readonly SharedPart[];
  readonly env: Readonly<Record<string, string>>;
  /** Added to the environment, and kept out of files, logs and errors. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Where its tasks put objects; secret. Unset: they can't. */
  readonly storage?: JobStorage;
  /** Where tasks run. Unset: the client's folder on this machine, a folder of the job's own on others. */
  readonly cwd?: string;
  readonly tasks: TaskSource;
  /** No task is to begin after one has failed for good. With `retry`, only a place that applies that rule by itself knows when. */
  readonly stopsOnFailure?: boolean;
  /** How failed tasks are tried again, where a backend can do that by itself. Unset: only the client can tell. */
  readonly retry?: HostRetry;
  /** The client means to leave: see `JobRun.handOver`. */
  readonly detached?: boolean;
  /** What goes to the job's folder before it begins. */
  readonly inputs?: readonly FileInput[];
  /** What comes from there before its last task counts as ended. */
  readonly outputs?: readonly FileOutput[];
  /** Hears of the files on their way. */
  readonly onTransfer?: (transfer: FileTransfer) => void;
  /** Hears how a place that has to be made for it comes to be, in a few words for people. */
  readonly tell?: (words: string) => void;
}

/** How far a job's files have come, to a machine (`there`) or from it. */
export interface FileTransfer {
  readonly direction: 'there' | 'back';
  readonly machine: string;
  readonly bytes: number;
  /** Undefined until everything is listed and compared. */
  readonly totalBytes: number | undefined;
}

export interface TaskInput {
  readonly index: number;
  /** Counts from 1. */
  readonly attempt: number;
  readonly item: unknown;
}

/**
 * Where a backend takes tasks from, at its own pace: this is what keeps a long input lazy.
 * New tasks and retries come through the same door.
 */
export interface TaskSource {
  /**
   * Up to `max` tasks that are ready now, or an empty array: then wait for `ready()`.
   * A value that cannot travel is the backend's to report, as a failed task.
   */
  take(max: number): TaskInput[];
  /** Settles when `take` may give more, or when `ended` turned true. */
  ready(): Promise<void>;
  /** True once no task will ever come again, retries included. */
  readonly ended: boolean;
  /** Number of indexes given out or known to come; final once `ended`. */
  readonly taskCount: number;
}

/** Events in the order they happened, in batches as they arrived. `job` in them is of no meaning above the backend. */
export type TaskEvents = readonly TaskEvent[];

/** A running job, seen from the client. */
export interface JobRun {
  /** Ends when every task has its last event; throws a MegalithError when the job as a whole cannot go on. */
  readonly events: AsyncIterable<TaskEvents>;
  /** Ends tasks before their time: each gets a `failed` event with code CANCELLED. Without indexes: all of them. */
  cancel(reason: string, indexes?: readonly number[]): void;
  /** The machine that runs it, once known. */
  readonly machine: string | undefined;
  /** Where a job runs on several machines: the one that this batch of its events comes from. */
  machineOf?(events: TaskEvents): string | undefined;
  /** The backend tries failed tasks again by itself: a failure that is not final says so (`retrying`). */
  readonly retriesTasks?: boolean;
  /** The same of one task, where that differs from task to task. */
  retriesTask?(index: number): boolean;
  /** What it has cost so far, US dollars. */
  costUsd?(): number;
  /** Settles when the job would go on without this client, which then leaves it. Unset where a job can't outlive its client. */
  readonly handOver?: (() => Promise<void>) | undefined;
}

/** A way to run a job. */
export interface Backend {
  readonly name: string;
  /** What it could give; the planner's input. Never starts anything. */
  offers(job: JobRequest): Promise<readonly Candidate[]>;
  /**
   * @param place a candidate of its own that was chosen for the job
   * @throws MegalithError POLICY where the job's label is above the clearance of that place, whatever the planner said
   */
  run(job: BackendJob, place: Candidate): JobRun;
  /** Starts what any job will need, without waiting for it. */
  warm?(): void;
  /** Ends everything that it started and waits until it is gone. Idempotent. */
  close(): Promise<void>;
}

/** What a backend is made from; each takes what it has a use for. */
export interface BackendOptions {
  /** Tasks at once. @defaultValue as many as the backend has processors */
  readonly slots?: number;
  /** Memory for all tasks together. @defaultValue what the backend has */
  readonly memoryBytes?: number;
  /** Where journals are kept. */
  readonly home?: string;
  /** In place of the prices that are compiled in or that a cloud says. */
  readonly prices?: PriceBook;
  /** Prices as of this time, epoch milliseconds, where a backend knows them. @defaultValue now */
  readonly at?: number;
  /** What this machine is cleared for. @defaultValue as the policy says where nobody says anything */
  readonly hereClearance?: Label;
  /** Only machines with these names. @defaultValue all that are configured */
  readonly hosts?: readonly string[];
}
