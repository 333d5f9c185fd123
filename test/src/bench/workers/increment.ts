/** The trivial task: what is measured is everything around it. */
export function increment(x: number): number {
  return x + 1;
}
