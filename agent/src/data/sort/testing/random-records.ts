/** A small generator of whole numbers below a bound, whose sequences are the same in every run. */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed * 2_654_435_761 + 1;
  return below => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Keys that have much in common, end in zeros, are empty, equal or long. */
export function randomKey(random: (below: number) => number): Buffer {
  const length = random(10) === 0 ? random(300) : random(14);
  const kinds = [2, 3, 256][random(3)]!;
  const key = Buffer.alloc(length);
  for (let i = 0; i < length; i++) key[i] = i < random(12) ? 7 : random(kinds);
  return key;
}

export interface TestRecord {
  readonly key: Buffer;
  readonly value: Buffer | undefined;
}

/** Values tell records of equal keys apart. */
export function randomRecords(random: (below: number) => number, most: number): TestRecord[] {
  return Array.from({ length: random(most) }, (_, i) => {
    const value = random(3) === 0 ? undefined : Buffer.from(`${i}`.repeat(random(4)));
    return { key: randomKey(random), value };
  });
}
