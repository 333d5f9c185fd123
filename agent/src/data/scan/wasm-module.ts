/**
 * The few instructions of WebAssembly that `scan-module.ts` is written with, as its specification encodes them
 * (https://webassembly.github.io/spec/core/binary/). An instruction is its bytes; a body is instructions in a row.
 */
export type Code = readonly number[];

const types = { i32: 0x7f, i64: 0x7e, v128: 0x7b } as const;
type ValueType = keyof typeof types;

const vector = (opcode: number): Code => [0xfd, ...unsigned(opcode)];
/** The address on the stack and `at`; nothing is promised of its alignment. */
const memory = (at: number): Code => [0, ...unsigned(at)];

/** `wide` is of 64-bit numbers, `vector` of sixteen bytes; without either a name is of 32-bit numbers, which have no sign. */
export const op = {
  get: (local: number): Code => [0x20, ...unsigned(local)],
  set: (local: number): Code => [0x21, ...unsigned(local)],
  number: (value: number): Code => [0x41, ...signed(value)],
  add: [0x6a],
  subtract: [0x6b],
  shiftLeft: [0x74],
  equal: [0x46],
  isZero: [0x45],
  less: [0x49],
  loadByte: (at: number): Code => [0x2d, ...memory(at)],
  store: (at: number): Code => [0x36, ...memory(at)],
  wide: {
    number: (value: number): Code => [0x42, ...signed(value)],
    from32: [0xad],
    to32: [0xa7],
    subtract: [0x7d],
    and: [0x83],
    or: [0x84],
    xor: [0x85],
    shiftLeft: [0x86],
    shiftRight: [0x88],
    isZero: [0x50],
    trailingZeros: [0x7a],
    countOnes: [0x7b],
  },
  vector: {
    load: (at: number): Code => [...vector(0x00), ...memory(at)],
    /** Sixteen times the byte. */
    splat: vector(0x0f),
    /** All ones in each byte that is the same. */
    equal: vector(0x23),
    or: vector(0x50),
    isAny: vector(0x53),
    /** The first bit of each byte, as sixteen bits. */
    bits: vector(0x64),
  },
  when: (...body: readonly Code[]): Code => [0x04, 0x40, ...body.flat(), 0x0b],
  /** `body`, again and again, while `condition` leaves a number that is not 0. */
  during: (condition: readonly Code[], ...body: readonly Code[]): Code => [
    ...[0x02, 0x40, 0x03, 0x40],
    ...[...condition.flat(), 0x45, 0x0d, 1],
    ...[...body.flat(), 0x0c, 0],
    ...[0x0b, 0x0b],
  ],
} as const;

export interface WasmFunction {
  readonly name: string;
  readonly parameters: readonly ValueType[];
  readonly result: ValueType;
  /** Numbered from behind the parameters. */
  readonly locals: readonly ValueType[];
  readonly body: readonly Code[];
}

/** A module that imports its memory as `host.memory` and exports the functions. */
export function wasmModule(functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const signatures = functions.map(({ parameters, result }) => [
    0x60,
    ...list(parameters.map(type => [types[type]])),
    ...list([[types[result]]]),
  ]);
  const exported = functions.map(({ name }, index) => [...text(name), 0x00, ...unsigned(index)]);
  const bodies = functions.map(({ locals, body }) => {
    const code = [...list(locals.map(type => [1, types[type]])), ...body.flat(), 0x0b];
    return [...unsigned(code.length), ...code];
  });
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, signatures),
    ...section(2, [[...text('host'), ...text('memory'), 0x02, 0x00, ...unsigned(1)]]),
    ...section(
      3,
      functions.map((_, index) => unsigned(index)),
    ),
    ...section(7, exported),
    ...section(10, bodies),
  ]);
}

function section(id: number, entries: readonly Code[]): Code {
  const content = list(entries);
  return [id, ...unsigned(content.length), ...content];
}

function list(entries: readonly Code[]): Code {
  return [...unsigned(entries.length), ...entries.flat()];
}

function text(value: string): Code {
  return list([...Buffer.from(value)].map(byte => [byte]));
}

/** LEB128, as all numbers are written. */
export function unsigned(value: number): Code {
  const low = value % 128;
  return value < 128 ? [low] : [low | 0x80, ...unsigned(Math.floor(value / 128))];
}

export function signed(value: number): Code {
  const low = value & 0x7f;
  const rest = value >> 7;
  const isLast = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
  return isLast ? [low] : [low | 0x80, ...signed(rest)];
}
