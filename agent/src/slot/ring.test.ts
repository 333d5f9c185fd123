import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRingHalfFull, readFromRing, writeToRing } from './ring.js';
import { SlotMemory, word } from './slot-memory.js';

describe('the ring', () => {
  it('gives every byte once and in order, through any number of turns and past the wrap of its counters', () => {
    const piece = fc.integer({ min: 1, max: 300_000 });
    fc.assert(
      fc.property(fc.array(fc.tuple(piece, fc.boolean()), { maxLength: 40 }), fc.boolean(), (steps, nearWrap) => {
        const memory = new SlotMemory();
        if (nearWrap) {
          Atomics.store(memory.words, word.written, -1000);
          Atomics.store(memory.words, word.read, -1000);
        }
        let writes = 0;
        let reads = 0;
        const check = (bytes: Buffer | undefined): void => {
          for (const byte of bytes ?? []) if (byte !== reads++ % 251) throw new Error(`byte ${reads - 1} is wrong`);
        };
        for (const [length, read] of steps) {
          const bytes = Uint8Array.from({ length }, (_, at) => (writes + at) % 251);
          if (writeToRing(memory, bytes)) writes += length;
          if (read) check(readFromRing(memory));
        }
        check(readFromRing(memory));
        expect(reads).toBe(writes);
        expect(readFromRing(memory)).toBeUndefined();
      }),
      { numRuns: 30 },
    );
  });

  it('refuses what does not fit, and says when it is half full', () => {
    const memory = new SlotMemory();
    const half = new Uint8Array(memory.ring.length / 2);
    expect(writeToRing(memory, half)).toBe(true);
    expect(isRingHalfFull(memory)).toBe(false);
    expect(writeToRing(memory, new Uint8Array(1))).toBe(true);
    expect(isRingHalfFull(memory)).toBe(true);
    expect(writeToRing(memory, half)).toBe(false);
  });
});
