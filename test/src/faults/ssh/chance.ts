import { setTimeout as delay } from 'node:timers/promises';

/** The seed of this run's random moments: `MEGALITH_TEST_SEED` repeats one. Put it into the names of tests. */
export const seed = Number(process.env.MEGALITH_TEST_SEED ?? Date.now() % 1_000_000);

/** Numbers from 0 to 1 that one seed and one name always give in the same order. */
export function chanceOf(name: string): () => number {
  let state = seed;
  for (const character of name) state = Math.imul(state ^ character.charCodeAt(0), 0x01000193);
  return () => {
    // mulberry32
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Lets a fault come at any moment of what goes on meanwhile: no condition is waited for, on purpose. */
export async function anyMoment(chance: () => number, mostMs: number): Promise<number> {
  const waitedMs = Math.round(chance() * mostMs);
  await delay(waitedMs);
  return waitedMs;
}
