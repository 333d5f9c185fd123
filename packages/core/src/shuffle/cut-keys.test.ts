import { describe, expect, it } from 'vitest';
import { cutKeys } from './cut-keys.js';

const samples = (keys: string, bytesEach: number) => ({ keys: [...keys].map(key => Buffer.from(key)), bytesEach });
const texts = (cuts: readonly Uint8Array[]) => cuts.map(cut => Buffer.from(cut).toString());

describe('keys to cut at', () => {
  it('give parts of about the same size', () => {
    expect(texts(cutKeys([samples('aceg', 10), samples('bdfh', 10)], 4))).toEqual(['c', 'e', 'g']);
    expect(texts(cutKeys([samples('ab', 10), samples('yz', 90)], 2))).toEqual(['z']);
  });

  it('are fewer where one key is most of the data, and none where there is none', () => {
    expect(texts(cutKeys([samples('aaaaaaaz', 10)], 4))).toEqual(['a', 'z']);
    expect(cutKeys([], 4)).toEqual([]);
    expect(cutKeys([samples('abc', 1)], 1)).toEqual([]);
  });
});
