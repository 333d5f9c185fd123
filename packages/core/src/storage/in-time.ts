import { MegalithError } from '@megalith/agent';
import { formatDuration } from '../config/duration.js';
import { onAbort } from '../executor/abort.js';

export interface CallLimits {
  /** In words, for errors: `to list "s3://bucket"`. */
  readonly what: string;
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Gives what one step of a call gives, unless it takes too long.
 * @param work must end with its signal, and free what it holds by then
 * @throws MegalithError STORE_FAILED after the deadline, CANCELLED
 */
export function inTime<T>(limits: CallLimits, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { what, deadlineMs, signal } = limits;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(cancelled(what, signal));
    const ending = new AbortController();
    const end = (error: MegalithError) => {
      reject(error);
      ending.abort(error);
    };
    const limit = setTimeout(() => end(late(what, deadlineMs)), deadlineMs);
    const unlisten = signal && onAbort(signal, () => end(cancelled(what, signal)));
    work(ending.signal)
      .then(resolve, reject)
      .finally(() => {
        clearTimeout(limit);
        unlisten?.();
      });
  });
}

export function cancelled(what: string, signal: AbortSignal): MegalithError {
  return new MegalithError('CANCELLED', `it was cancelled ${what}`, { cause: signal.reason });
}

function late(what: string, deadlineMs: number): MegalithError {
  return new MegalithError('STORE_FAILED', `it took more than ${formatDuration(deadlineMs)} ${what}`, {
    hint: 'see whether the store can be reached from here',
  });
}
