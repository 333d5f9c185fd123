import { MegalithError } from '@megalith/agent';
import { formatDuration } from '../config/duration.js';
import { onAbort } from './abort.js';
import { timer } from './clock.js';
import type { Ledger } from './ledger.js';

export interface UntilOptions {
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Waits until something is true of some jobs; looks after every batch of their events.
 * @throws MegalithError WAIT_TIMED_OUT, and the signal's reason; the jobs go on
 */
export function until(ledgers: readonly Ledger[], isTrue: () => boolean, options: UntilOptions = {}): Promise<void> {
  const { timeoutMs, signal } = options;
  return new Promise((resolve, reject) => {
    if (isTrue()) return resolve();
    if (signal?.aborted) return reject(signal.reason);
    const subscriptions = ledgers.map(ledger => ledger.subscribe(() => isTrue() && leave(resolve)));
    const limit =
      timeoutMs === undefined ? undefined : timer(() => leave(() => reject(timedOut(timeoutMs))), timeoutMs);
    const unlisten = signal && onAbort(signal, () => leave(() => reject(signal.reason)));

    function leave(settle: () => void): void {
      for (const unsubscribe of subscriptions) unsubscribe();
      clearTimeout(limit);
      unlisten?.();
      settle();
    }
  });
}

function timedOut(timeoutMs: number): MegalithError {
  return new MegalithError('WAIT_TIMED_OUT', `not there yet after ${formatDuration(timeoutMs)}`, {
    hint: 'the jobs go on: wait again, or cancel them',
  });
}
