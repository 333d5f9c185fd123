/** What several sources give, as it comes; none is asked for more than it gave and was taken. */
export async function* merged<T>(sources: readonly AsyncGenerator<T, void>[]): AsyncGenerator<T, void> {
  const [only, ...others] = sources;
  if (only !== undefined && others.length === 0) {
    yield* only;
    return;
  }
  const waiting = new Map(sources.map(source => [source, next(source)]));
  try {
    while (waiting.size > 0) {
      const { source, result } = await Promise.race(waiting.values());
      if (result.done === true) {
        waiting.delete(source);
        continue;
      }
      yield result.value;
      waiting.set(source, next(source));
    }
  } finally {
    // A source that waits ends with the signal that it was given.
    for (const source of waiting.keys()) void source.return().catch(() => undefined);
  }
}

async function next<T>(source: AsyncGenerator<T, void>) {
  return { source, result: await source.next() };
}
