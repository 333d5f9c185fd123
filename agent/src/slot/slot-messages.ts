import type { JobStorage } from '../data/job-storage.js';
import type { Failure, SharedType } from '../protocol/messages.js';

/** What a slot needs to run a job's tasks. */
export interface JobLoad {
  readonly job: number;
  /** The bundle, as a file of this machine. */
  readonly file: string;
  /** Captured values, encoded. */
  readonly captured: Uint8Array;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Where its tasks put objects. */
  readonly storage?: JobStorage;
}

/** A shared input that is in memory already. */
export interface SharedView {
  readonly name: string;
  readonly type: SharedType;
  readonly buffer: SharedArrayBuffer;
  readonly byteOffset: number;
  readonly byteLength: number;
}

/** Where a group of threads finds a job's shared inputs. */
export type SharedOrigin =
  | { readonly name: string; readonly type: SharedType; readonly file: string }
  | { readonly name: string; readonly loader: { readonly file: string; readonly captured: Uint8Array } };

/** Job host → the control side of a slot process. Tasks come as `tasks` frames: u32 executor, u32 ticket, then as in `tasks.ts`. */
export type ToSlot =
  | { readonly type: 'addThread'; readonly executor: number; readonly maxHeapMiB?: number }
  | { readonly type: 'endThread'; readonly executor: number }
  | { readonly type: 'share'; readonly job: number; readonly origins: readonly SharedOrigin[] }
  | { readonly type: 'load'; readonly executor: number; readonly load: JobLoad }
  | { readonly type: 'forget'; readonly executor: number; readonly job: number }
  /** Hand over what is finished, say how far you are; with `revoke`, give back what has not begun. */
  | { readonly type: 'nudge'; readonly executor: number; readonly revoke: boolean }
  | { readonly type: 'abort'; readonly executor: number; readonly ticket: number; readonly reason: string }
  | { readonly type: 'end' };

/** The control side → job host. Results come as `records` frames: u32 executor, then records. */
export type FromSlot =
  /** The executor is ready for its first task. */
  | { readonly type: 'up'; readonly executor: number; readonly startedAt: number }
  | { readonly type: 'loaded'; readonly executor: number; readonly job: number }
  | { readonly type: 'loadFailed'; readonly executor: number; readonly job: number; readonly failure: Failure }
  | { readonly type: 'shareFailed'; readonly job: number; readonly failure: Failure }
  /** `next`: the first ticket not begun. Sent after the records of all that was finished by then. */
  | {
      readonly type: 'state';
      readonly executor: number;
      readonly next: number;
      readonly revoked: boolean;
      readonly startedAt: number;
    }
  /** The executor ended: a thread for any reason, a process by `process.exit`. Tickets before `next` were begun. */
  | {
      readonly type: 'ending';
      readonly executor: number;
      readonly next: number;
      readonly exitCode: number;
      readonly outOfMemory: boolean;
      /** An uncaught error while an innocent task may have been running: nobody can be blamed yet. */
      readonly blameless: boolean;
      readonly message?: string;
    };

/** Control thread → executor thread. */
export type ToExecutor =
  | { readonly type: 'share'; readonly job: number; readonly views: readonly SharedView[] }
  | { readonly type: 'load'; readonly load: JobLoad }
  | { readonly type: 'forget'; readonly job: number }
  | { readonly type: 'tasks'; readonly ticket: number; readonly bytes: Uint8Array }
  | { readonly type: 'abort'; readonly ticket: number; readonly reason: string };

/** Executor thread → control thread. */
export type FromExecutor =
  | { readonly type: 'up'; readonly startedAt: number }
  /** There is something in the ring. */
  | { readonly type: 'ping' }
  /** A record too large for the ring. */
  | { readonly type: 'large'; readonly bytes: Uint8Array }
  | { readonly type: 'loaded'; readonly job: number }
  | { readonly type: 'loadFailed'; readonly job: number; readonly failure: Failure }
  /** The process is about to exit: send all, then raise `flushed`. */
  | { readonly type: 'ending'; readonly exitCode: number; readonly blameless: boolean; readonly message?: string };
