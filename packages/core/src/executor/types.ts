import type {
  AttemptStats,
  CommandResult,
  DataPart,
  Failure,
  Isolation,
  JobCounts,
  Label,
  MegalithError,
  OpenPart,
  TaskStorage,
} from '@megalith/agent';
import type { Candidate, FileTransfer } from '../backends/backend.js';
import type { FileInput, FileOutput } from '../files/file-argument.js';
import type { Estimate } from '../placement/estimate.js';
import type { Goal } from '../placement/goal.js';
import type { JobProfile } from '../placement/job-profile.js';
import type { SharedInput } from './shared.js';

/** Bytes as a number, or as people write them: `512GiB`, `1.5GB`, `300M` (M = MiB). */
export type Size = number | string;
/** Milliseconds as a number, or as people write them: `500ms`, `90s`, `15m`, `2h`, `1d`. */
export type Duration = number | string;

/** What every task gets beside its item. */
export interface TaskContext<S = Readonly<Record<string, SharedValue>>> {
  readonly index: number;
  /** Counts from 1. */
  readonly attempt: number;
  /** Aborted when the task is cancelled or out of time; the task then has `graceMs` to end by itself. */
  readonly signal: AbortSignal;
  readonly shared: S;
  /** Writes a line to the task's log. */
  log(...values: unknown[]): void;
  /** Reports progress; the value must be serializable. */
  progress(value: unknown): void;
  /** Objects in stores: results that others take by pointer, and what pointers lead to. */
  readonly storage: TaskStorage;
  /** Opens a part of an object, as an item from `data()` is one. Nothing is read before it is asked for; it closes with the task. */
  open(part: DataPart): OpenPart;
}

export type SharedValue = ArrayBufferView | SharedArrayBuffer;

export type TaskFunction<I, O> = (item: I, context: TaskContext) => O | PromiseLike<O>;

/** When and how often a failed task is tried again. */
export interface RetryPolicy {
  /** Tries after the first. @defaultValue 0 */
  readonly retries: number;
  /** Wait before the first retry. @defaultValue 100 ms */
  readonly backoff?: Duration;
  /** Each wait is this many times the one before. @defaultValue 2 */
  readonly factor?: number;
  /** No wait is longer. @defaultValue 30 s */
  readonly maxBackoff?: Duration;
  /** Only failures for which this is true are retried. @defaultValue those that another try may mend: THREW, CRASHED, EXITED, OUT_OF_MEMORY, TIMED_OUT, AGENT_LOST */
  readonly when?: (error: MegalithError, attempt: number) => boolean;
}

/** How one job runs. */
export interface JobOptions {
  /** Shown in listings. @defaultValue the function's or the command's name */
  readonly name?: string;
  /** The job's name in the world: on machines, submitting the same job under the same id twice is one job. @defaultValue a new one */
  readonly id?: string;
  /**
   * Memory of one task: tasks run only while the sum fits, and a task that takes more is ended with OUT_OF_MEMORY, or moved to a larger place.
   * A function says it of each item of a list: small ones may then go elsewhere than large ones.
   * @defaultValue what earlier runs of the same code needed, with a margin
   */
  readonly memory?: Size | ((item: never, index: number) => Size);
  /** Processors of one task, fractions allowed. @defaultValue 1 */
  readonly cpus?: number;
  /** Tasks of this job at once. @defaultValue as many as fit */
  readonly concurrency?: number;
  /** Limit of one attempt. @defaultValue none */
  readonly timeout?: Duration;
  /** Time a task has to end by itself once asked to. @defaultValue 2 s */
  readonly grace?: Duration;
  /** @defaultValue 0 */
  readonly retries?: number | RetryPolicy;
  /** Names of what the data is; the policy maps them to a label. One that it does not know counts as `restricted`. */
  readonly tags?: readonly string[];
  /** The data is at least so sensitive. @defaultValue what the policy says of tags and inputs */
  readonly label?: Label;
  /** `cost`: the cheapest place that meets the deadline. `time`: the fastest within the budget. @defaultValue 'cost' */
  readonly objective?: 'cost' | 'time';
  /** From the call until the last result. A place that is expected to take longer is not chosen. @defaultValue none */
  readonly deadline?: Duration;
  /** Most that the job may cost, US dollars. @defaultValue none */
  readonly budget?: number;
  /** How long one task computes, as far as the caller knows. @defaultValue what earlier runs took, else what a few tasks of this one take */
  readonly expected?: Duration;
  /** Move a task that ran out of memory or time to a larger place, if the policy and the budget allow. @defaultValue true */
  readonly escalate?: boolean;
  /** Added to the environment of the tasks. */
  readonly env?: Readonly<Record<string, string>>;
  /** Added to the environment too, and kept out of every file, log, listing and error. Values under 4 characters are refused: they can't be told from other text. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** On machines: files and folders that go to the job's own folder before it begins, in which its tasks then run. */
  readonly inputs?: readonly FileInput[];
  /** Files that the job reads beside its inputs: their labels count. Absolute paths. */
  readonly reads?: readonly string[];
  /** Files that the caller makes of the results: they inherit the job's label. */
  readonly writes?: readonly string[];
  /** On machines: what comes from the job's folder before its last task counts as ended. */
  readonly outputs?: readonly FileOutput[];
  /** Sees how inputs and outputs travel. Must not throw. */
  readonly onTransfer?: (transfer: FileTransfer) => void;
  /** The job is to outlive this program: its whole input is handed over at once; see `Job.detach`. @defaultValue false */
  readonly detached?: boolean;
  /**
   * Where its tasks put objects, with `context.storage`: the name of a store of the config, or a URL (`s3://bucket/prefix`, `file:///folder`).
   * @defaultValue `data.store` of the config, else `objects` in the home, for tasks on this machine
   */
  readonly store?: string;
  /** How long they stay: `job`, until `storage.clean` finds the job ended and a week old; at least a time; or `pinned`, for good. @defaultValue 'job' */
  readonly keep?: 'job' | 'pinned' | Duration;
  /** Folder in which tasks run. @defaultValue the client's on this machine; a folder of the job's own on others */
  readonly cwd?: string;
  /** Cancels the job. */
  readonly signal?: AbortSignal;
  /** Sees every event of the job, in order. Must not throw. */
  readonly onEvent?: (event: JobEvent) => void;
  /** After a task failed for good: `continue` with the others, or `stop` (cancel them). @defaultValue 'continue' */
  readonly onFailure?: 'continue' | 'stop';
}

export interface FunctionOptions extends JobOptions {
  /** `process`: a slot is a process, and a bad task harms only itself. `threads`: cheaper, and shares memory. @defaultValue 'process', or 'threads' with `shared` */
  readonly isolation?: Isolation;
  /** Arrays that every task sees in `context.shared`, one copy a machine. */
  readonly shared?: Readonly<Record<string, SharedInput>>;
}

export interface CommandOptions extends JobOptions {
  /** `inherit`: the command reads the client's standard input; only where it runs beside the client. @defaultValue 'ignore' */
  readonly stdin?: 'ignore' | 'inherit';
}

export type TaskState = 'pending' | 'running' | 'waiting-to-retry' | 'done' | 'failed' | 'cancelled';
export type JobState = 'preparing' | 'running' | 'done' | 'failed' | 'cancelled';

/** Per-task figures; each value is true of that task alone. Times are epoch milliseconds. */
export interface TaskStats extends AttemptStats {
  /** When the client sent it. */
  readonly submittedAt: number;
  /** When the client had the result. */
  readonly receivedAt: number;
  /** `endedAt - startedAt`. */
  readonly execMs: number;
  readonly attempt: number;
  readonly machine: string;
}

/** One try of a task that did not end well, or the last one. */
export interface Attempt {
  readonly attempt: number;
  readonly failure?: Failure;
  readonly stats?: AttemptStats;
}

export interface TaskLogs {
  readonly stdout: string;
  readonly stderr: string;
  /** True where older output was dropped from memory; the journal has all of it. */
  readonly truncated: boolean;
}

/** How a task ended. */
export type Outcome<O> =
  | { readonly index: number; readonly status: 'done'; readonly value: O; readonly stats: TaskStats }
  | {
      readonly index: number;
      readonly status: 'failed' | 'cancelled';
      readonly error: MegalithError;
      readonly stats?: TaskStats;
    };

/** What the readers of a job see, in order: progress bars, reports, metrics and logs are all made of this. */
export type JobEvent =
  /** What works but may surprise. */
  | { readonly type: 'warning'; readonly job: string; readonly message: string }
  | { readonly type: 'planned'; readonly job: string; readonly plan: Plan }
  /** A place for the job is made, which may take minutes: what goes on, in a few words for people. */
  | { readonly type: 'placing'; readonly job: string; readonly message: string }
  | { readonly type: 'queued'; readonly job: string; readonly taskCount: number }
  /** Only of tasks that take a while: of a short one the first news is its end. */
  | {
      readonly type: 'started';
      readonly job: string;
      readonly index: number;
      readonly attempt: number;
      readonly at: number;
    }
  | {
      readonly type: 'log';
      readonly job: string;
      readonly index: number;
      readonly attempt: number;
      readonly stream: 'stdout' | 'stderr';
      readonly offset: number;
      readonly bytes: Uint8Array;
    }
  | { readonly type: 'progress'; readonly job: string; readonly index: number; readonly value: unknown }
  | {
      readonly type: 'retrying';
      readonly job: string;
      readonly index: number;
      readonly attempt: number;
      readonly failure: Failure;
      readonly inMs: number;
    }
  /** A task that ran out of memory or time goes to a larger place. */
  | {
      readonly type: 'escalating';
      readonly job: string;
      readonly index: number;
      /** Ids of candidates. */
      readonly from: string;
      readonly to: string;
      /** Why, in a few words for people. */
      readonly reason: string;
      /** What the task is expected to cost there, dollars. */
      readonly usd: number;
    }
  | {
      readonly type: 'done';
      readonly job: string;
      readonly index: number;
      readonly value: unknown;
      readonly stats: TaskStats;
    }
  | {
      readonly type: 'failed';
      readonly job: string;
      readonly index: number;
      readonly error: MegalithError;
      readonly stats?: TaskStats;
    }
  | {
      readonly type: 'ended';
      readonly job: string;
      readonly state: JobState;
      readonly counts: JobCounts;
      /** What it cost, dollars, as far as its places say. */
      readonly usd?: number;
      /** Set where the job as a whole could not go on. */
      readonly error?: MegalithError;
    };

/** One task's result to come. `await` gives the value or throws a MegalithError (`cause`: what the task threw). */
export interface TaskFuture<O> extends PromiseLike<O> {
  readonly index: number;
  readonly job: Job<O>;
  readonly state: TaskState;
  /** Set once the task ended. */
  readonly stats: TaskStats | undefined;
  readonly attempts: readonly Attempt[];
  readonly logs: TaskLogs;
  cancel(reason?: string): void;
  catch<R>(onRejected: (error: unknown) => R | PromiseLike<R>): Promise<O | R>;
  finally(onFinally: () => void): Promise<O>;
}

/**
 * What one call submitted. `await job`: all values in input order, or the first failure as a MegalithError.
 * `for await (const value of job)`: values in completion order, each kept only until it is taken.
 * `[...job]`, `Promise.all(job)`: its futures; only for inputs whose length is known.
 */
export interface Job<O> extends PromiseLike<O[]>, AsyncIterable<O>, Iterable<TaskFuture<O>> {
  readonly id: string;
  readonly name: string;
  readonly state: JobState;
  readonly counts: JobCounts;
  /** Undefined until planned. */
  readonly plan: Plan | undefined;
  /** The future of one index; it may lie in a part of a lazy input that was not read yet. */
  future(index: number): TaskFuture<O>;
  /** In completion order, failures included; never throws for a task's failure. */
  outcomes(): AsyncIterable<Outcome<O>>;
  /** Settles when every task has ended, whatever the outcome; throws only if the job as a whole could not run. */
  ended(): Promise<JobCounts>;
  cancel(reason?: string): void;
  /**
   * Leaves the job to itself: settles when it would go on without this program. For awaiters here it then ends with CONTACT_LOST.
   * @throws MegalithError USAGE where the job's place can't keep it, or what it failed with before
   */
  detach(): Promise<void>;
  catch<R>(onRejected: (error: unknown) => R | PromiseLike<R>): Promise<O[] | R>;
  finally(onFinally: () => void): Promise<O[]>;
}

/** Where a job goes, and why. */
export interface Plan {
  /** Undefined where no candidate may or can take the job. */
  readonly chosen: Candidate | undefined;
  /** Each with its estimate, and all but the chosen one with the reason why not. The chosen one first, then those that could take the job, the best first, then by what spoke against them least. */
  readonly candidates: readonly Candidate[];
  /** One sentence. */
  readonly reason: string;
  /** Nothing was chosen, and it is the policy alone that keeps the job from every place with room for it. @defaultValue false */
  readonly isPolicy?: boolean;
  /** How sensitive the job's data is, and the rule of the policy that says so. */
  readonly label: Label;
  readonly labelRule: string;
  readonly goal: Goal;
  readonly profile: JobProfile;
  /** Where a job of tasks that need different amounts goes to several places. */
  readonly parts?: readonly { readonly candidate: Candidate; readonly tasks: number; readonly estimate: Estimate }[];
}

export interface WaitOptions {
  /** `all`, `any` (at least one), or a percentage 0–100 of the tasks. @defaultValue 'all' */
  readonly when?: 'all' | 'any' | number;
  /** After this the wait throws WAIT_TIMED_OUT; the jobs go on. @defaultValue none */
  readonly timeout?: Duration;
  readonly signal?: AbortSignal;
}

export type { AttemptStats, CommandResult, Failure, Isolation, JobCounts };
