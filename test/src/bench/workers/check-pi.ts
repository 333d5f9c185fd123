/** Throws unless the counts of `draws` points inside the quarter circle come to π within 0.002. */
export function checkPi(inside: readonly number[], draws: number): void {
  const pi = (4 * inside.reduce((a, b) => a + b, 0)) / draws;
  if (!(Math.abs(pi - Math.PI) < 0.002)) throw new Error(`π came out as ${pi}`);
}
