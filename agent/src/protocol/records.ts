import type { ByteWriter } from './byte-writer.js';
import type { AttemptStats, Failure, TaskEvent } from './messages.js';
import { readValue, writeValue } from './values.js';

/*
 * The payload of a `records` frame: task events one after another, each
 *   u32 length of all that follows it, u8 kind, u8 flags, u16 attempt, u32 job, u32 index, body.
 * The same bytes travel from the slot to the host, on to the client, and into the journal.
 */
export const recordKind = { started: 1, log: 2, progress: 3, done: 4, failed: 5 } as const;
export type RecordKind = (typeof recordKind)[keyof typeof recordKind];

const headerLength = 16;
const statsLength = 72;
const flag = { hasStats: 1, coldStart: 2, stderr: 4, retrying: 8, logged: 16 } as const;

/** Which task a record is about. */
export interface TaskRef {
  readonly job: number;
  readonly index: number;
  readonly attempt: number;
}

function begin(out: ByteWriter, kind: RecordKind, flags: number, task: TaskRef): number {
  const at = out.reserve(headerLength);
  out.bytes[at + 4] = kind;
  out.bytes[at + 5] = flags;
  out.view.setUint16(at + 6, task.attempt, true);
  out.view.setUint32(at + 8, task.job, true);
  out.view.setUint32(at + 12, task.index, true);
  return at;
}

function finish(out: ByteWriter, at: number): void {
  out.view.setUint32(at, out.length - at - 4, true);
}

function writeStats(out: ByteWriter, stats: AttemptStats): void {
  const at = out.reserve(statsLength);
  const view = out.view;
  view.setFloat64(at, stats.workerStartedAt, true);
  view.setFloat64(at + 8, stats.startedAt, true);
  view.setFloat64(at + 16, stats.endedAt, true);
  view.setFloat64(at + 24, stats.peakMemoryBytes ?? Number.NaN, true);
  view.setFloat64(at + 32, stats.bytesIn, true);
  view.setFloat64(at + 40, stats.bytesOut, true);
  view.setFloat32(at + 48, stats.inputMs, true);
  view.setFloat32(at + 52, stats.outputMs, true);
  view.setFloat32(at + 56, stats.cpuUserMs ?? Number.NaN, true);
  view.setFloat32(at + 60, stats.cpuSystemMs ?? Number.NaN, true);
  view.setUint32(at + 64, stats.slot, true);
  view.setUint32(at + 68, 0, true);
}

export function writeStarted(out: ByteWriter, task: TaskRef, at: number, slot: number): void {
  const start = begin(out, recordKind.started, 0, task);
  const body = out.reserve(12);
  out.view.setFloat64(body, at, true);
  out.view.setUint32(body + 8, slot, true);
  finish(out, start);
}

export function writeLog(
  out: ByteWriter,
  task: TaskRef,
  stream: 'stdout' | 'stderr',
  offset: number,
  bytes: Uint8Array,
): void {
  const start = begin(out, recordKind.log, stream === 'stderr' ? flag.stderr : 0, task);
  const at = out.reserve(8);
  out.view.setFloat64(at, offset, true);
  out.append(bytes);
  finish(out, start);
}

/** @throws MegalithError NOT_SERIALIZABLE, with nothing appended */
export function writeProgress(out: ByteWriter, task: TaskRef, value: unknown): void {
  const start = begin(out, recordKind.progress, 0, task);
  try {
    writeValue(out, value, 'the progress value');
  } catch (error) {
    out.length = start;
    throw error;
  }
  finish(out, start);
}

/**
 * Appends a result. `stats.bytesOut`, `endedAt`-derived figures and `outputMs` may be set afterwards through the position given back.
 * @returns where `patchOutput` finds the stats
 * @throws MegalithError NOT_SERIALIZABLE, with nothing appended
 */
export function writeDone(out: ByteWriter, task: TaskRef, stats: AttemptStats, value: unknown): number {
  const start = begin(out, recordKind.done, flag.hasStats | (stats.coldStart ? flag.coldStart : 0), task);
  writeStats(out, stats);
  const valueStart = out.length;
  try {
    writeValue(out, value, 'the result');
  } catch (error) {
    out.length = start;
    throw error;
  }
  out.view.setFloat64(start + headerLength + 40, out.length - valueStart, true);
  finish(out, start);
  return start;
}

/** Sets the time that encoding the result took, known only after it. */
export function patchOutputMs(out: ByteWriter, recordStart: number, outputMs: number): void {
  out.view.setFloat32(recordStart + headerLength + 52, outputMs, true);
}

export function writeFailed(out: ByteWriter, task: TaskRef, failure: Failure, stats?: AttemptStats): void {
  const flags = stats === undefined ? 0 : flag.hasStats | (stats.coldStart ? flag.coldStart : 0);
  const start = begin(out, recordKind.failed, flags, task);
  if (stats !== undefined) writeStats(out, stats);
  writeValue(out, failure, 'the failure');
  finish(out, start);
}

/** Steps through the records of a frame without decoding their bodies. */
export class RecordCursor {
  readonly payload: Buffer;
  readonly #view: DataView;
  #at = 0;
  #next = 0;

  constructor(payload: Buffer) {
    this.payload = payload;
    this.#view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  }

  /** Moves to the next record; false at the end. */
  advance(): boolean {
    this.#at = this.#next;
    if (this.#at >= this.payload.length) return false;
    this.#next = this.#at + 4 + this.#view.getUint32(this.#at, true);
    return true;
  }

  get kind(): RecordKind {
    return this.payload[this.#at + 4] as RecordKind;
  }
  get attempt(): number {
    return this.#view.getUint16(this.#at + 6, true);
  }
  get job(): number {
    return this.#view.getUint32(this.#at + 8, true);
  }
  setJob(job: number): void {
    this.#view.setUint32(this.#at + 8, job, true);
  }
  get index(): number {
    return this.#view.getUint32(this.#at + 12, true);
  }
  /** Of a `done` or `failed` record: how long the function ran, milliseconds; NaN where unknown. */
  get execMs(): number {
    if (((this.payload[this.#at + 5] ?? 0) & flag.hasStats) === 0) return Number.NaN;
    const stats = this.#at + headerLength;
    return this.#view.getFloat64(stats + 16, true) - this.#view.getFloat64(stats + 8, true);
  }
  /** Of a `log` record. */
  get logStream(): 'stdout' | 'stderr' {
    return ((this.payload[this.#at + 5] ?? 0) & flag.stderr) === 0 ? 'stdout' : 'stderr';
  }
  get logLength(): number {
    return this.#next - this.#at - headerLength - 8;
  }
  setLogOffset(offset: number): void {
    this.#view.setFloat64(this.#at + headerLength, offset, true);
  }
  /** Of a `failed` record: the host tries the task again by itself. */
  get retrying(): boolean {
    return this.#hasFlag(flag.retrying);
  }
  setRetrying(): void {
    this.#setFlag(flag.retrying);
  }
  get failureCode(): Failure['code'] {
    const body = this.#at + headerLength + (this.#hasFlag(flag.hasStats) ? statsLength : 0);
    return (readValue(this.payload, body, this.#next) as Failure).code;
  }
  /** Of a `done` or `failed` record: the task has written logs. */
  get logged(): boolean {
    return this.#hasFlag(flag.logged);
  }
  setLogged(): void {
    this.#setFlag(flag.logged);
  }
  #hasFlag(bit: number): boolean {
    return ((this.payload[this.#at + 5] ?? 0) & bit) !== 0;
  }
  #setFlag(bit: number): void {
    this.payload[this.#at + 5] = (this.payload[this.#at + 5] ?? 0) | bit;
  }
  /** The record's own bytes. */
  get bytes(): Buffer {
    return this.payload.subarray(this.#at, this.#next);
  }
  get start(): number {
    return this.#at;
  }

  get stats(): AttemptStats | undefined {
    const flags = this.payload[this.#at + 5] ?? 0;
    if ((flags & flag.hasStats) === 0) return undefined;
    const at = this.#at + headerLength;
    const view = this.#view;
    const peakMemoryBytes = view.getFloat64(at + 24, true);
    const cpuUserMs = view.getFloat32(at + 56, true);
    const cpuSystemMs = view.getFloat32(at + 60, true);
    return {
      workerStartedAt: view.getFloat64(at, true),
      startedAt: view.getFloat64(at + 8, true),
      endedAt: view.getFloat64(at + 16, true),
      inputMs: view.getFloat32(at + 48, true),
      outputMs: view.getFloat32(at + 52, true),
      coldStart: (flags & flag.coldStart) !== 0,
      bytesIn: view.getFloat64(at + 32, true),
      bytesOut: view.getFloat64(at + 40, true),
      slot: view.getUint32(at + 64, true),
      ...(Number.isNaN(peakMemoryBytes) ? {} : { peakMemoryBytes }),
      ...(Number.isNaN(cpuUserMs) ? {} : { cpuUserMs }),
      ...(Number.isNaN(cpuSystemMs) ? {} : { cpuSystemMs }),
    };
  }

  /** Decodes the record. */
  event(): TaskEvent {
    const task = { job: this.job, index: this.index, attempt: this.attempt };
    const body = this.#at + headerLength;
    const stats = this.stats;
    const value = (from: number): unknown => readValue(this.payload, from, this.#next);
    switch (this.kind) {
      case recordKind.started:
        return {
          type: 'started',
          ...task,
          at: this.#view.getFloat64(body, true),
          slot: this.#view.getUint32(body + 8, true),
        };
      case recordKind.log:
        return {
          type: 'log',
          ...task,
          stream: this.logStream,
          offset: this.#view.getFloat64(body, true),
          bytes: this.payload.subarray(body + 8, this.#next),
        };
      case recordKind.progress:
        return { type: 'progress', ...task, value: value(body) };
      case recordKind.done:
        return { type: 'done', ...task, value: value(body + statsLength), stats: stats as AttemptStats };
      case recordKind.failed: {
        const failure = value(body + (stats === undefined ? 0 : statsLength)) as Failure;
        return {
          type: 'failed',
          ...task,
          failure,
          ...(stats === undefined ? {} : { stats }),
          ...(this.retrying ? { retrying: true } : {}),
        };
      }
    }
  }
}

/** Decodes all records of a frame's payload. */
export function readRecords(payload: Buffer): TaskEvent[] {
  const events: TaskEvent[] = [];
  const cursor = new RecordCursor(payload);
  while (cursor.advance()) events.push(cursor.event());
  return events;
}
