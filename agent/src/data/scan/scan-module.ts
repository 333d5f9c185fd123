import { type Code, op, wasmModule } from './wasm-module.js';

/** What the module exports. Arguments and results are addresses in its memory. */
export interface ScanExports {
  /**
   * Writes to `out`, as 32-bit numbers relative to `base`, where each line of the bytes from `from` up to `to` ends: behind its `\n`.
   * Gives the address behind the last that it wrote.
   */
  readonly scanLf: (from: number, to: number, base: number, out: number) => number;
  /** The same behind each `\n`, `\r\n` and `\r`; for a `\r` right before `to`, the byte at `to` says whether it is the line's end. */
  readonly scanLines: (from: number, to: number, base: number, out: number) => number;
}

/** Bytes looked at in one step, one bit of a 64-bit number for each. Up to so many are read past `to`. */
export const stepBytes = 64;

/**
 * Ends written in each step without asking whether there are so many; those that are too many are written over.
 * Measured with lines of 75 bytes, of random length: with none, a GiB costs 60 ms more, for the processor guesses wrong at the end of each line.
 */
export const boldEnds = 2;

const lf = 10;
const cr = 13;

const { wide, vector } = op;

// The locals, numbered behind the parameters as their types are listed below.
const [from, to, base, out] = [0, 1, 2, 3];
const ends = 4;
const [behindFirst, outAfter] = [5, 6];
const [allLf, allCr] = [7, 8];
const bytes = [9, 10, 11, 12] as const;
const locals = ['i64', 'i32', 'i32', 'v128', 'v128', 'v128', 'v128', 'v128', 'v128'] as const;

/** Which of the 64 bytes are as in the vector `local`. */
function whichAre(local: number): Code {
  return bytes.flatMap((sixteen, i) => [
    ...[op.get(sixteen), op.get(local), vector.equal, vector.bits, wide.from32].flat(),
    ...(i === 0 ? [] : [wide.number(16 * i), wide.shiftLeft, wide.or].flat()),
  ]);
}

const isAnyCr: Code = bytes.flatMap((sixteen, i) => [
  ...[op.get(sixteen), op.get(allCr), vector.equal].flat(),
  ...(i === 0 ? [] : vector.or),
]);

/** Ends are each `\n`, and each `\r` with no `\n` behind it; the byte behind the 64 is looked at for the last. */
const addLoneCrs: Code = [
  ...[...isAnyCr, ...vector.isAny],
  ...op.when(
    whichAre(allCr),
    ...[op.get(ends), wide.number(1), wide.shiftRight],
    ...[
      op.get(from),
      op.loadByte(stepBytes),
      op.number(lf),
      op.equal,
      wide.from32,
      wide.number(63),
      wide.shiftLeft,
      wide.or,
    ],
    ...[wide.number(-1), wide.xor, wide.and],
    ...[op.get(ends), wide.or, op.set(ends)],
  ),
];

/** What is behind `to` does not count. */
const dropBehindTo: Code = [
  ...[op.get(to), op.get(from), op.subtract, op.number(stepBytes), op.less].flat(),
  ...op.when(
    op.get(ends),
    ...[
      wide.number(1),
      op.get(to),
      op.get(from),
      op.subtract,
      wide.from32,
      wide.shiftLeft,
      wide.number(1),
      wide.subtract,
    ],
    ...[wide.and, op.set(ends)],
  ),
];

/** Writes the first end, `place` numbers behind `out`, and drops it. */
function writeEnd(place: number): Code {
  return [
    ...[op.get(out), op.get(ends), wide.trailingZeros, wide.to32, op.get(behindFirst), op.add, op.store(4 * place)],
    ...[op.get(ends), op.get(ends), wide.number(1), wide.subtract, wide.and, op.set(ends)],
  ].flat();
}

const writeEnds: Code = [
  ...[op.get(from), op.number(1), op.add, op.get(base), op.subtract, op.set(behindFirst)],
  ...[op.get(out), op.get(ends), wide.countOnes, wide.to32, op.number(2), op.shiftLeft, op.add, op.set(outAfter)],
  ...Array.from({ length: boldEnds }, (_, place) => writeEnd(place)),
  op.during(
    [op.get(ends), wide.isZero, op.isZero],
    writeEnd(boldEnds),
    ...[op.get(out), op.number(4), op.add, op.set(out)],
  ),
  ...[op.get(outAfter), op.set(out)],
].flat();

function scan(name: keyof ScanExports, moreEnds: Code) {
  const body = [
    ...[op.number(lf), vector.splat, op.set(allLf), op.number(cr), vector.splat, op.set(allCr)],
    op.during(
      [op.get(from), op.get(to), op.less],
      ...bytes.flatMap((sixteen, i) => [op.get(from), vector.load(16 * i), op.set(sixteen)]),
      ...[whichAre(allLf), op.set(ends), moreEnds, dropBehindTo, writeEnds],
      ...[op.get(from), op.number(stepBytes), op.add, op.set(from)],
    ),
    op.get(out),
  ];
  return { name, parameters: ['i32', 'i32', 'i32', 'i32'], result: 'i32', locals, body } as const;
}

/** Under 800 bytes. Its memory is `host.memory`. */
export function scanModule(): Uint8Array<ArrayBuffer> {
  return wasmModule([scan('scanLf', []), scan('scanLines', addLoneCrs)]);
}
