/**
 * The values of batches, one by one. A value that is there costs a settled promise, which is several times less than through a generator.
 */
export function flattened<T>(batches: AsyncIterable<readonly T[]>): AsyncIterableIterator<T> {
  const source = batches[Symbol.asyncIterator]();
  let batch: readonly T[] = [];
  let at = 0;
  let isDone = false;
  /** Asked for more; who asks meanwhile comes after. */
  let refilling: Promise<unknown> | undefined;

  const refill = async (): Promise<IteratorResult<T>> => {
    while (!isDone && at >= batch.length) {
      const next = await source.next();
      batch = next.done === true ? [] : next.value;
      at = 0;
      isDone = next.done === true;
    }
    return at < batch.length ? { done: false, value: batch[at++]! } : { done: true, value: undefined };
  };

  const next = (): Promise<IteratorResult<T>> => {
    if (refilling !== undefined) return refilling.then(next, next);
    if (at < batch.length) return Promise.resolve({ done: false, value: batch[at++]! });
    const refilled = refill().finally(() => {
      refilling = undefined;
    });
    refilling = refilled;
    return refilled;
  };

  return {
    next,
    async return(): Promise<IteratorResult<T>> {
      isDone = true;
      batch = [];
      await source.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
