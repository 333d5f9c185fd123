/**
 * The control messages between a client and a job host. They travel as v8-serialized objects in `control` frames;
 * tasks, task events and shared data travel in binary frames of their own (see `frame.ts`).
 */

import type { JobStorage } from '../data/job-storage.js';
import type { Label } from './label.js';
import type { MachineReply, MachineRequest } from './machine-messages.js';

/** Raised when the two sides could no longer understand each other. */
export const protocolVersion = 2;

/** What a client may send of a new job before the host says a word. */
export const initialCredit = { tasks: 8, bytes: 1024 * 1024 } as const;

/** What one task asks for; a task runs only while the sum over running tasks fits the machine. */
export interface Requirements {
  /** Memory of one task, bytes; also its limit. Unset: an equal share of what is left is assumed to do. */
  readonly memoryBytes?: number;
  /** Processors of one task; fractions allowed. */
  readonly cpus: number;
  /** Time limit of one attempt, milliseconds. */
  readonly timeoutMs?: number;
  /** Time between asking a task to end and killing it, milliseconds. */
  readonly graceMs: number;
}

/** A bundle is one ES module, addressed by the SHA-256 of its text. Its default export takes the captured values and gives the function. */
export interface BundleRef {
  readonly hash: string;
  readonly code: string;
  /** Captured values, encoded as one value (an object by variable name). */
  readonly captured: Uint8Array;
}

export type Isolation = 'process' | 'threads';

export interface FunctionWork {
  readonly kind: 'function';
  readonly bundle: BundleRef;
  readonly isolation: Isolation;
  readonly shared: readonly SharedSpec[];
}

/**
 * A command over items. In `argv` and in `shell`, `{}` stands for the item; in `shell` it is quoted.
 * Exactly one of the two is set.
 */
export interface CommandWork {
  readonly kind: 'command';
  readonly argv?: readonly string[];
  readonly shell?: string;
  /** `inherit`: the command reads the job host's own standard input (only for a host that is the client's child). */
  readonly stdin: 'ignore' | 'inherit';
}

/** One shared input: an array that every task sees, held once a machine. */
export type SharedSpec =
  /** Bytes follow in `shared` frames. */
  | { readonly name: string; readonly source: 'bytes'; readonly type: SharedType; readonly byteLength: number }
  /** A file of the machine where the tasks run. */
  | { readonly name: string; readonly source: 'file'; readonly type: SharedType; readonly path: string }
  /** A shipped function that runs once on the machine and gives the array. */
  | { readonly name: string; readonly source: 'load'; readonly bundle: BundleRef };

/** How a task sees a shared input. */
export type SharedType =
  | 'ArrayBuffer'
  | 'Buffer'
  | 'DataView'
  | 'Int8Array'
  | 'Uint8Array'
  | 'Uint8ClampedArray'
  | 'Int16Array'
  | 'Uint16Array'
  | 'Int32Array'
  | 'Uint32Array'
  | 'Float32Array'
  | 'Float64Array'
  | 'BigInt64Array'
  | 'BigUint64Array';

export interface JobSpec {
  /** The client's number for the job, unique on its connection; it tags every binary record. */
  readonly job: number;
  /** The job's name in the world, and its idempotency key. */
  readonly id: string;
  readonly name: string;
  readonly work: FunctionWork | CommandWork;
  readonly requirements: Requirements;
  /** Added to the environment of the job's tasks. */
  readonly env: Readonly<Record<string, string>>;
  /** Added to the environment too, and kept out of every file, log and error. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Where its tasks put objects. Unset: they can't. */
  readonly storage?: JobStorage;
  /** Where tasks run. Empty, for a durable job: a folder of the job's own. */
  readonly cwd: string;
  readonly tags: readonly string[];
  /** How sensitive its data is: who comes for its results later is told. */
  readonly label?: Label;
  /** No task begins after one has failed for good. */
  readonly stopsOnFailure?: boolean;
  /** For a durable job: the host itself tries failed tasks again. Unset: the client does. */
  readonly retry?: HostRetry;
  /** For a durable job: no task begins before the client has said `filesReady`. */
  readonly awaitsFiles?: boolean;
  /** For a durable job: its whole input is known, and is taken in at once, so that its client may go at any time. */
  readonly takesAll?: boolean;
  /** So many of its tasks run at once at most. @defaultValue as many as fit */
  readonly slots?: number;
}

/** How often and when a host tries a failed task again: full jitter up to a backoff that grows. Times in milliseconds. */
export interface HostRetry {
  readonly retries: number;
  readonly backoffMs: number;
  readonly factor: number;
  readonly maxBackoffMs: number;
}

/** How far a client has read a durable job: offsets in its journal, of the last event and of the last piece of log. */
export interface Seen {
  readonly events: number;
  readonly logs: number;
}

export type ClientMessage =
  | {
      readonly type: 'hello';
      readonly version: number;
      /** Set by a client that runs inside a task of this very host: its slot, whose cpus are free while it waits. */
      readonly insideSlot?: number;
    }
  | {
      readonly type: 'submit';
      readonly spec: JobSpec;
      /** The job outlives this connection. Only hosts of machines take such jobs. */
      readonly durable?: boolean;
      /** Set when the client was here before: it waits for `accepted` before it sends more. */
      readonly seen?: Seen;
    }
  /** The files of the job are in its folder. */
  | { readonly type: 'filesReady'; readonly job: number }
  /** No more tasks than the ones sent will come: `taskCount` indexes in all. */
  | { readonly type: 'end'; readonly job: number; readonly taskCount: number }
  /** Cancel the whole job, or the tasks named. */
  | { readonly type: 'cancel'; readonly job: number; readonly indexes?: readonly number[]; readonly reason: string }
  /** The client is there; answered by `pong` with the same mark. */
  | { readonly type: 'ping'; readonly mark?: number }
  /** The client has everything and forgets the job. */
  | { readonly type: 'release'; readonly job: number }
  | MachineRequest;

export interface MachineInfo {
  readonly hostname: string;
  readonly cpus: number;
  /** What tasks may use, bytes: after limits of cgroups and what the system itself needs. */
  readonly usableMemoryBytes: number;
  readonly nodeVersion: string;
  readonly pid: number;
}

export type HostMessage =
  | { readonly type: 'ready'; readonly version: number; readonly machine: MachineInfo }
  /**
   * A durable job is on disk, or was already. The client may send this many tasks and bytes, those that it sends again included,
   * and each shared input from this byte on.
   */
  | {
      readonly type: 'accepted';
      readonly job: number;
      readonly tasks: number;
      readonly bytes: number;
      readonly sharedBytes: readonly number[];
      /** The job's files have come before. */
      readonly filesReady: boolean;
    }
  /** So many of the tasks sent on this connection, from its first, are on the machine's disk. */
  | { readonly type: 'kept'; readonly job: number; readonly tasks: number }
  /** The client may send this many more tasks and bytes of this job. */
  | { readonly type: 'credit'; readonly job: number; readonly tasks: number; readonly bytes: number }
  /** The job as a whole cannot run (its module does not load, its shared input cannot be had, it asks for more than the machine has). */
  | { readonly type: 'jobFailed'; readonly job: number; readonly failure: Failure }
  /** Every task of the job has its last event. */
  | { readonly type: 'jobEnded'; readonly job: number; readonly peakSlots: number }
  | { readonly type: 'pong'; readonly mark?: number }
  | MachineReply;

/** Why a task or a job failed, as plain data. */
export interface Failure {
  readonly code:
    | 'THREW'
    | 'CRASHED'
    | 'EXITED'
    | 'NOT_SERIALIZABLE'
    | 'OUT_OF_MEMORY'
    | 'TIMED_OUT'
    | 'CANCELLED'
    | 'OVER_MEMORY'
    | 'OVER_CPUS'
    | 'OVER_PAYLOAD'
    | 'POLICY'
    | 'CANNOT_SHIP'
    | 'CANNOT_SHARE'
    | 'USAGE'
    | 'DISK_FULL'
    | 'JOURNAL_FAILED'
    | 'AGENT_LOST'
    | 'NO_PLACEMENT';
  readonly message: string;
  readonly hint?: string;
  /** For THREW: what was thrown, encoded by the error codec. */
  readonly thrown?: unknown;
  readonly exitCode?: number;
  readonly signal?: string;
  /** The end of standard error, where the cause may stand. */
  readonly stderrTail?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** What one attempt of one task cost. Times are epoch milliseconds with fractions; unknown values are undefined. */
export interface AttemptStats {
  /** When the slot (process or thread) that ran it started. */
  readonly workerStartedAt: number;
  readonly startedAt: number;
  readonly endedAt: number;
  /** Making the argument ready in the slot, and the result ready to leave it, milliseconds. */
  readonly inputMs: number;
  readonly outputMs: number;
  /** True where this was the first task of its slot. */
  readonly coldStart: boolean;
  /** CPU time of this task (a command: with all descendants), milliseconds. */
  readonly cpuUserMs?: number;
  readonly cpuSystemMs?: number;
  /** Highest resident memory of the slot's process while the task ran (a command: of its tree), bytes. Undefined in threads. */
  readonly peakMemoryBytes?: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly slot: number;
}

/** What a command task gives. Its output is in the task's logs. */
export interface CommandResult {
  readonly exitCode: number;
}

/** One thing that happened to one task: what the binary records decode to. */
export type TaskEvent =
  | {
      readonly type: 'started';
      readonly job: number;
      readonly index: number;
      readonly attempt: number;
      readonly at: number;
      readonly slot: number;
    }
  | {
      readonly type: 'log';
      readonly job: number;
      readonly index: number;
      readonly attempt: number;
      readonly stream: 'stdout' | 'stderr';
      /** Where these bytes stand in the task's stream. */
      readonly offset: number;
      readonly bytes: Uint8Array;
    }
  | {
      readonly type: 'progress';
      readonly job: number;
      readonly index: number;
      readonly attempt: number;
      readonly value: unknown;
    }
  | {
      readonly type: 'done';
      readonly job: number;
      readonly index: number;
      readonly attempt: number;
      readonly value: unknown;
      readonly stats: AttemptStats;
    }
  | {
      readonly type: 'failed';
      readonly job: number;
      readonly index: number;
      readonly attempt: number;
      readonly failure: Failure;
      /** Undefined where the task never started. */
      readonly stats?: AttemptStats;
      /** The host tries it again by itself. */
      readonly retrying?: boolean;
    };
