import { MegalithError } from '@megalith/agent';

/**
 * Settles with what runs, or once the time is up or `signal` aborts, even where what runs heeds no signal.
 * @throws MegalithError TIMED_OUT, naming `what`; what `run` throws; the reason of `signal`
 */
export async function within<T>(
  timeoutMs: number,
  what: string,
  signal: AbortSignal | undefined,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const ending = new AbortController();
  const onAbort = (): void => ending.abort(signal?.reason);
  const timer = setTimeout(() => ending.abort(tooLong(timeoutMs, what)), timeoutMs);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await untilAborted(run(ending.signal), ending.signal);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

/** Settles as the promise does, or rejects with the signal's reason. */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let onAbort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Does something with each, at most so many at once. What one throws ends all: let `each` settle with its failure instead. */
export async function inParallel<T>(
  items: readonly T[],
  most: number,
  each: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items.values();
  const work = async (): Promise<void> => {
    for (const item of rest) await each(item);
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, work));
}

function tooLong(timeoutMs: number, what: string): MegalithError {
  return new MegalithError('TIMED_OUT', `${what} took longer than ${timeoutMs / 1000} s`);
}
