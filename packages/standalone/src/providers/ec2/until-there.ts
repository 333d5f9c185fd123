import { setTimeout as delay } from 'node:timers/promises';
import { MegalithError } from '@megalith/agent';
import { classOf } from './cloud-error.js';

export interface UntilThereOptions {
  readonly signal?: AbortSignal;
  /** EC2 promises nothing; what was made is mostly seen everywhere within a second or two. @defaultValue 20,000 */
  readonly withinMs?: number;
  /** @defaultValue 500 */
  readonly pauseMs?: number;
}

/**
 * Asks again for what must be there, since another call has just made it or heard of it: EC2's parts learn of it one after the other. An answer of
 * undefined, and an error of the class `missing`, mean "not yet".
 * @returns undefined where it is still not there when the time is over
 * @throws what `look` throws, for other classes at once; CANCELLED
 */
export async function untilThere<T>(
  look: () => Promise<T | undefined>,
  { signal, withinMs = 20_000, pauseMs = 500 }: UntilThereOptions = {},
): Promise<T | undefined> {
  const deadlineMs = performance.now() + withinMs;
  for (;;) {
    const isLast = performance.now() + pauseMs > deadlineMs;
    try {
      const found = await look();
      if (found !== undefined || isLast) return found;
    } catch (error) {
      if (isLast || classOf(error) !== 'missing') throw error;
    }
    try {
      await delay(pauseMs, undefined, { ...(signal !== undefined && { signal }) });
    } catch (cause) {
      throw new MegalithError('CANCELLED', 'the wait for what EC2 has just made was cancelled', { cause });
    }
  }
}
