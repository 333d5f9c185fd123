// The first import takes a while, as that of a large library does.
const ready = performance.now() + 200;
while (performance.now() < ready);

export function neverEnds(_item: unknown): Promise<never> {
  return new Promise(() => setInterval(() => undefined, 60_000));
}
