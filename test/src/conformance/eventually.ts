import { setTimeout as delay } from 'node:timers/promises';

/**
 * Waits until `check` gives something else than undefined or false, and gives it back.
 * @param what the condition in words, for the error after `deadlineMs`
 */
export async function eventually<T>(
  what: string,
  check: () => T | Promise<T>,
  deadlineMs = 40_000,
): Promise<Exclude<T, undefined | false>> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const value = await check();
    if (value !== undefined && value !== false) return value as Exclude<T, undefined | false>;
    if (performance.now() > deadline) throw new Error(`after ${deadlineMs} ms it is still not true that ${what}`);
    await delay(20);
  }
}

/** Gives what `work` gives, or throws after the deadline: for what might hang. */
export async function within<T>(deadlineMs: number, what: string, work: PromiseLike<T>): Promise<T> {
  const abort = new AbortController();
  const late = delay(deadlineMs, undefined, { signal: abort.signal }).then(() => {
    throw new Error(`after ${deadlineMs} ms still waiting for ${what}`);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    late.catch(() => undefined);
    abort.abort();
  }
}
