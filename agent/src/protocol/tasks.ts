import type { ByteWriter } from './byte-writer.js';
import { readValue, writeValue } from './values.js';

/*
 * The payload of a `tasks` frame: u32 job, then for each task u32 index, u16 attempt, u16 zero, u32 length and the item's bytes.
 * Items are encoded one by one, so that a host can cut and re-send any run of tasks without reading them.
 */
const jobLength = 4;
const headerLength = 12;

/** Starts the payload of a `tasks` frame. */
export function beginTasks(out: ByteWriter, job: number): void {
  out.length = 0;
  const at = out.reserve(jobLength);
  out.view.setUint32(at, job, true);
}

/**
 * Appends one task.
 * @throws MegalithError NOT_SERIALIZABLE, with nothing appended
 */
export function appendTask(out: ByteWriter, index: number, attempt: number, item: unknown): void {
  const at = out.reserve(headerLength);
  try {
    writeValue(out, item, 'the item');
  } catch (error) {
    out.length = at;
    throw error;
  }
  out.view.setUint32(at, index, true);
  out.view.setUint16(at + 4, attempt, true);
  out.view.setUint16(at + 6, 0, true);
  out.view.setUint32(at + 8, out.length - at - headerLength, true);
}

/** A run of encoded tasks of one job, cut and moved without touching the items. */
export class TaskSpan {
  readonly #bytes: Buffer;
  readonly #view: DataView;
  /** Where each task starts, and where the last one ends. */
  readonly #starts: readonly number[] | Uint32Array;
  readonly #from: number;
  readonly length: number;

  private constructor(bytes: Buffer, starts: readonly number[] | Uint32Array, from: number, length: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#starts = starts;
    this.#from = from;
    this.length = length;
  }

  /** Finds the tasks in bytes that start with a task. */
  static parse(bytes: Buffer): TaskSpan {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const starts: number[] = [];
    let at = 0;
    while (at < bytes.length) {
      starts.push(at);
      at += headerLength + view.getUint32(at + 8, true);
    }
    starts.push(at);
    return new TaskSpan(bytes, starts, 0, starts.length - 1);
  }

  /** Tasks `from` up to but not including `to`, of this span. */
  slice(from: number, to = this.length): TaskSpan {
    return new TaskSpan(this.#bytes, this.#starts, this.#from + from, to - from);
  }

  /** The encoded tasks, as they go into a frame. */
  get bytes(): Buffer {
    return this.#bytes.subarray(this.#start(0), this.#start(this.length));
  }

  get byteLength(): number {
    return this.#start(this.length) - this.#start(0);
  }

  indexOf(task: number): number {
    return this.#view.getUint32(this.#start(task), true);
  }

  attemptOf(task: number): number {
    return this.#view.getUint16(this.#start(task) + 4, true);
  }

  itemOf(task: number): unknown {
    return readValue(this.#bytes, this.#start(task) + headerLength, this.#start(task + 1));
  }

  /** The first task alone, as another attempt of it, in bytes of its own. */
  asAttempt(attempt: number): TaskSpan {
    const bytes = Buffer.from(this.slice(0, 1).bytes);
    bytes.writeUInt16LE(attempt, 4);
    return TaskSpan.parse(bytes);
  }

  /** Encoded length of the item, bytes. */
  itemLengthOf(task: number): number {
    return this.#start(task + 1) - this.#start(task) - headerLength;
  }

  #start(task: number): number {
    return this.#starts[this.#from + task] ?? 0;
  }
}

/** The job and the tasks of a `tasks` frame. */
export function readTasks(payload: Buffer): { readonly job: number; readonly span: TaskSpan } {
  return { job: payload.readUInt32LE(0), span: TaskSpan.parse(payload.subarray(jobLength)) };
}
