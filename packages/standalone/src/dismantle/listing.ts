import { untilAborted, within } from './deadline.js';

export interface Listing<T> {
  readonly items: readonly T[];
  /** False where the list broke off: what is not in it may exist. */
  readonly isComplete: boolean;
  /** Why it broke off. */
  readonly error?: unknown;
}

/** All that a paginated list gives until it ends, breaks off, or runs out of time. */
export async function listAll<T>(
  what: string,
  list: (signal: AbortSignal) => AsyncIterable<T>,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<Listing<T>> {
  const items: T[] = [];
  try {
    await within(timeoutMs, what, signal, async ending => {
      const iterator = list(ending)[Symbol.asyncIterator]();
      for (;;) {
        const step = await untilAborted(iterator.next(), ending);
        if (step.done === true) return;
        items.push(step.value);
      }
    });
    return { items, isComplete: true };
  } catch (error) {
    signal?.throwIfAborted();
    return { items: [...items], isComplete: false, error };
  }
}
