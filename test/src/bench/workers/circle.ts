/** A task of pure computing: how many of `draws` points fall inside the quarter circle. */
export function circle({ seed, draws }: { readonly seed: number; readonly draws: number }): number {
  let state = seed + 1;
  let inside = 0;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < draws; i++) if (random() ** 2 + random() ** 2 < 1) inside++;
  return inside;
}
