/**
 * The same pages, but nobody waits for one after `signal` ended, even where the source doesn't listen to it.
 *
 * @throws what `signal` was aborted with
 */
export async function* endingWith<T>(pages: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  signal.throwIfAborted();
  const iterator = pages[Symbol.asyncIterator]();
  const { promise: ended, reject } = withReject();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), ended]);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    // A source that is still at work was told by the signal; to wait for it here would be to wait for ever.
    if (!signal.aborted) await iterator.return?.();
  }
}

function withReject(): { readonly promise: Promise<never>; readonly reject: (reason: unknown) => void } {
  let reject: (reason: unknown) => void = () => undefined;
  const promise = new Promise<never>((_, rejectPromise) => {
    reject = rejectPromise;
  });
  return { promise, reject };
}
