import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainMemory, type ScanMemory, vectorMemory } from './scan-memory.js';
import { boldEnds, scanModule, stepBytes } from './scan-module.js';

const dataAt = 8 * 1024;
const memoryBytes = 64 * 1024;
const untouched = 0xabcdabcd;

/** Behind each newline, as one would write it down. */
function naive(bytes: Uint8Array, isCrEnd: boolean, next: number): number[] {
  return [...bytes.keys()]
    .filter(at => bytes[at] === 10 || (isCrEnd && bytes[at] === 13 && (bytes[at + 1] ?? next) !== 10))
    .map(at => at + 1);
}

function scanned(
  memory: ScanMemory,
  way: 'scanLf' | 'scanLines',
  bytes: Uint8Array,
  shift: number,
  behind: number[],
): number[] {
  const from = dataAt + shift;
  new Uint32Array(memory.buffer).fill(untouched, 0, 512);
  const all = new Uint8Array(memory.buffer);
  all.set(bytes, from);
  all.fill(behind[1]!, from + bytes.length, from + bytes.length + 2 * stepBytes);
  all[from + bytes.length] = behind[0]!;
  const count = memory[way](from, from + bytes.length, from, 0) / 4;
  expect([...new Uint32Array(memory.buffer, (count + boldEnds) * 4, 4)]).toEqual(Array(4).fill(untouched));
  return [...new Uint32Array(memory.buffer, 0, count)];
}

const byte = fc.oneof(fc.constantFrom(10, 13, 32, 138, 141, 0, 255), fc.nat(255));
const bytes = fc.array(byte, { maxLength: 300 }).map(list => Uint8Array.from(list));
const newline = fc.constantFrom(10, 13, 0);

describe.each([
  ['in WebAssembly', vectorMemory(memoryBytes)],
  ['byte by byte', plainMemory(memoryBytes)],
] as const)('a scan %s', (_, memory) => {
  it.each(['scanLf', 'scanLines'] as const)(
    'finds with %s what a naive one does, at all alignments, whatever is behind',
    way => {
      fc.assert(
        fc.property(bytes, fc.nat(63), newline, newline, (whole, shift, next, later) => {
          const expected = naive(whole, way === 'scanLines', next);
          expect(scanned(memory!, way, whole, shift, [next, later])).toEqual(expected);
        }),
        { numRuns: 3_000 },
      );
    },
  );

  it('keeps what is in its memory when it grows, and scans there', () => {
    const small = memory === undefined ? undefined : vectorMemory(1);
    for (const growing of [small, plainMemory(64 * 1024)]) {
      new Uint8Array(growing!.buffer).set([1, 10, 2], 100);
      growing!.grow(100_000);
      new Uint8Array(growing!.buffer).set([3, 10, 4], 100_000);
      const end = growing!.scanLf(100, 103, 0, 0);
      expect(growing!.scanLf(100_000, 100_003, 0, end)).toBe(8);
      expect([...new Uint32Array(growing!.buffer, 0, 2)]).toEqual([102, 100_002]);
    }
  });
});

it('is a small module', () => {
  expect(scanModule().length).toBeLessThan(800);
});
