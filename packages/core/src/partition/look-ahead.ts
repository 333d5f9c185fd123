/** What was read ahead of an input, and the rest of it. */
export interface LookedAhead<T> {
  readonly first: readonly T[];
  /** `first` is all. */
  readonly isWhole: boolean;
  /** All of it, once. */
  readonly all: AsyncIterable<T>;
}

/** Reads up to `most` of an input. */
export async function lookAhead<T>(input: AsyncIterable<T>, most: number): Promise<LookedAhead<T>> {
  const iterator = input[Symbol.asyncIterator]();
  const first: T[] = [];
  let isWhole = false;
  while (first.length < most && !isWhole) {
    const next = await iterator.next();
    if (next.done === true) isWhole = true;
    else first.push(next.value);
  }
  async function* all(): AsyncGenerator<T> {
    try {
      yield* first;
      if (isWhole) return;
      for (;;) {
        const next = await iterator.next();
        if (next.done === true) return;
        yield next.value;
      }
    } finally {
      await iterator.return?.();
    }
  }
  return { first, isWhole, all: all() };
}
