import type { AttemptStats, MegalithError } from '@megalith/agent';
import { type Figures, makeFigures, readBytesOut, readFigures, writeFigures, writeSubmitted } from './task-figures.js';
import type { TaskState, TaskStats } from './types.js';

const states = [
  'pending',
  'pending',
  'running',
  'waiting-to-retry',
  'done',
  'failed',
  'cancelled',
] as const satisfies TaskState[];

/** A task's state in one byte. `unread`: nobody took it yet; `sent`: a backend has it. */
export const taskCode = { unread: 0, sent: 1, running: 2, waiting: 3, done: 4, failed: 5, cancelled: 6 } as const;
export type TaskCode = (typeof taskCode)[keyof typeof taskCode];
export type FinalCode = typeof taskCode.done | typeof taskCode.failed | typeof taskCode.cancelled;

const codeBits = 0b0111;
/** Its result was handed out and forgotten. */
const released = 0b1000;
/** Somebody holds its future: its result stays. */
const kept = 0b1_0000;

/** Tasks of one chunk: enough that a chunk's own cost vanishes, few enough that a stream frees memory often. */
const chunkBits = 12;
const chunkLength = 1 << chunkBits;
const rowMask = chunkLength - 1;

interface Chunk {
  readonly codes: Uint8Array;
  /** Undefined once every result of the chunk is released. */
  rows: Rows | undefined;
  released: number;
}

interface Rows {
  readonly attempts: Uint16Array;
  /** The value, or the error of a task that failed. */
  readonly results: unknown[];
  readonly figures: Figures;
}

/**
 * What is known of each task, in columns: a job of a million tasks costs some 100 bytes a task and its values,
 * and one byte a task once they were taken.
 */
export class TaskTable {
  readonly #chunks: (Chunk | undefined)[] = [];
  readonly #length: number | undefined;
  readonly #machines: string[] = [''];
  readonly #machineNumbers = new Map([['', 0]]);
  #machine = 0;

  /** @param length undefined for a lazy input */
  constructor(length?: number) {
    this.#length = length;
  }

  code(index: number): TaskCode {
    return ((this.#chunks[index >>> chunkBits]?.codes[index & rowMask] ?? 0) & codeBits) as TaskCode;
  }

  state(index: number): TaskState {
    return states[this.code(index)];
  }

  isSettled(index: number): boolean {
    return this.code(index) >= taskCode.done;
  }

  /** Failed for good, or cancelled. */
  hasFailed(index: number): boolean {
    return this.code(index) > taskCode.done;
  }

  isReleased(index: number): boolean {
    return ((this.#chunks[index >>> chunkBits]?.codes[index & rowMask] ?? 0) & released) !== 0;
  }

  attempt(index: number): number {
    return this.#chunks[index >>> chunkBits]?.rows?.attempts[index & rowMask] ?? 0;
  }

  /** A backend takes the task's next attempt. */
  send(index: number, attempt: number, at: number): void {
    const chunk = this.#chunk(index);
    const row = index & rowMask;
    this.#setCode(chunk, row, taskCode.sent);
    const rows = this.#rows(chunk, index);
    rows.attempts[row] = attempt;
    writeSubmitted(rows.figures, row, at);
  }

  setCode(index: number, code: TaskCode): void {
    this.#setCode(this.#chunk(index), index & rowMask, code);
  }

  /** Where the tasks ran that are settled from now on. */
  set machine(name: string) {
    if (this.#machines[this.#machine] === name) return;
    const known = this.#machineNumbers.get(name);
    this.#machine = known ?? this.#machines.push(name) - 1;
    if (known === undefined) this.#machineNumbers.set(name, this.#machine);
  }

  settle(index: number, code: FinalCode, result: unknown, stats: AttemptStats | undefined, at: number): void {
    const chunk = this.#chunk(index);
    const row = index & rowMask;
    this.#setCode(chunk, row, code);
    const rows = this.#rows(chunk, index);
    rows.results[row] = result;
    writeFigures(rows.figures, row, stats, at, this.#machine);
  }

  /** Of a task that is done. */
  value(index: number): unknown {
    return this.#chunks[index >>> chunkBits]?.rows?.results[index & rowMask];
  }

  /** Of a task that failed or was cancelled. */
  error(index: number): MegalithError {
    return this.value(index) as MegalithError;
  }

  /** Undefined before the task ended, where it never started, and after its result was released. */
  stats(index: number): TaskStats | undefined {
    const rows = this.#chunks[index >>> chunkBits]?.rows;
    if (rows === undefined || !this.isSettled(index) || this.isReleased(index)) return undefined;
    const row = index & rowMask;
    return readFigures(rows.figures, row, rows.attempts[row]!, this.#machines);
  }

  /** Size of the encoded result; zero where the task never started. */
  bytesOut(index: number): number {
    const rows = this.#chunks[index >>> chunkBits]?.rows;
    return rows === undefined ? 0 : readBytesOut(rows.figures, index & rowMask);
  }

  /** From now on `release` leaves this task alone. */
  keep(index: number): void {
    const chunk = this.#chunk(index);
    chunk.codes[index & rowMask]! |= kept;
  }

  /** Forgets the result of a settled task that nobody keeps. */
  release(index: number): boolean {
    const chunk = this.#chunk(index);
    const row = index & rowMask;
    if ((chunk.codes[row]! & (released | kept)) !== 0) return false;
    chunk.codes[row]! |= released;
    chunk.released += 1;
    if (chunk.released === chunk.codes.length) chunk.rows = undefined;
    else if (chunk.rows !== undefined) chunk.rows.results[row] = undefined;
    return true;
  }

  /** The values of tasks 0 to `length`, all of them done. */
  values(length: number): unknown[] {
    const values: unknown[] = new Array(length);
    for (let index = 0; index < length; index++) values[index] = this.value(index);
    return values;
  }

  #setCode(chunk: Chunk, row: number, code: TaskCode): void {
    chunk.codes[row] = (chunk.codes[row]! & ~codeBits) | code;
  }

  #chunk(index: number): Chunk {
    const number = index >>> chunkBits;
    this.#chunks[number] ??= { codes: new Uint8Array(this.#rowsOf(number)), rows: undefined, released: 0 };
    return this.#chunks[number];
  }

  #rows(chunk: Chunk, index: number): Rows {
    if (chunk.rows !== undefined) return chunk.rows;
    const length = this.#rowsOf(index >>> chunkBits);
    chunk.rows = {
      attempts: new Uint16Array(length),
      results: new Array(length),
      figures: makeFigures(length),
    };
    return chunk.rows;
  }

  /** A job of one task must not pay for a whole chunk. */
  #rowsOf(chunkNumber: number): number {
    return this.#length === undefined ? chunkLength : Math.min(chunkLength, this.#length - chunkNumber * chunkLength);
  }
}
