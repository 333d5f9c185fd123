import { ByteWriter } from '../protocol/byte-writer.js';
import type { Failure, TaskEvent } from '../protocol/messages.js';
import { RecordCursor, recordKind, type TaskRef, writeFailed, writeLog } from '../protocol/records.js';
import { redactData } from './redact-data.js';
import { SecretMatcher } from './secret-matcher.js';

type LogEvent = Extract<TaskEvent, { type: 'log' }>;
type FailedEvent = Extract<TaskEvent, { type: 'failed' }>;
const streams = ['stdout', 'stderr'] as const;

/** Keeps the secrets of one job out of its records. */
export interface Redactor {
  /**
   * Rewrites a buffer of whole task records, as they came; gives back the very buffer where there is nothing to hide.
   * Buffers of one job are to be given in their order.
   */
  redact(records: Buffer): Buffer;
}

/** What is kept of one stream of one attempt. */
interface Stream {
  /** Bytes that may be the beginning of a secret, and where they stand in what is shown. */
  readonly held: Buffer;
  readonly at: number;
  /** How much shorter what is shown is than what the task wrote. */
  readonly shift: number;
}

/**
 * Makes a redactor for one job. In `log` records and in all texts of `failed` records a secret, also in base64, as part of a URL and in JSON,
 * becomes `[secret NAME]`. One that is split over several `log` records of a stream is found too: up to the length of the longest form, less
 * one byte, is held back until the stream goes on or its attempt ends. Offsets are those of the output as it is after the change.
 * Values, in `done` and `progress` records, are the program's own business and stay.
 * @param secrets values by name; those of fewer than four characters are left alone
 */
export function createRedactor(secrets: Readonly<Record<string, string>>): Redactor {
  const matcher = new SecretMatcher(secrets);
  if (matcher.isEmpty) return { redact: records => records };
  return new RecordRedactor(matcher);
}

class RecordRedactor implements Redactor {
  readonly #matcher: SecretMatcher;
  /** Only of streams that had a secret, or end with what may become one. */
  readonly #streams = new Map<number, Stream>();

  constructor(matcher: SecretMatcher) {
    this.#matcher = matcher;
  }

  redact(records: Buffer): Buffer {
    const hasSome = this.#matcher.isIn(records);
    const cursor = new RecordCursor(records);
    const out = new ByteWriter(256);
    const parts: Buffer[] = [];
    let from = 0;
    while (cursor.advance()) {
      const isKept = this.#rewrite(cursor, out, hasSome);
      if (out.length === 0 && isKept) continue;
      parts.push(records.subarray(from, cursor.start), out.take());
      from = cursor.start + (isKept ? 0 : cursor.bytes.length);
    }
    if (parts.length === 0) return records;
    parts.push(records.subarray(from));
    return Buffer.concat(parts);
  }

  /** Writes what comes before the record, or instead of it. @returns whether the record stays */
  #rewrite(cursor: RecordCursor, out: ByteWriter, hasSome: boolean): boolean {
    switch (cursor.kind) {
      case recordKind.log:
        return this.#log(cursor.event() as LogEvent, out, hasSome);
      case recordKind.failed:
        this.#end(cursor, out);
        return this.#failed(cursor, out);
      case recordKind.done:
        this.#end(cursor, out);
        return true;
      default:
        return true;
    }
  }

  #log(event: LogEvent, out: ByteWriter, hasSome: boolean): boolean {
    const key = keyOf(event, event.stream);
    const before = this.#streams.get(key);
    const piece = event.bytes as Buffer;
    if (before === undefined && !hasSome && this.#matcher.held(piece) === 0) return true;
    const { held, shift } = before ?? { held: piece.subarray(0, 0), shift: 0 };
    const bytes = held.length === 0 ? piece : Buffer.concat([held, piece]);
    const replaced = this.#matcher.replace(bytes, false);
    if (before === undefined && replaced.bytes === undefined && replaced.held === 0) return true;
    const settled = bytes.length - replaced.held;
    const shown = replaced.bytes ?? bytes.subarray(0, settled);
    const offset = event.offset - held.length - shift;
    if (shown.length > 0) writeLog(out, event, event.stream, offset, shown);
    const after = {
      // A copy, which does not keep the whole buffer in memory.
      held: Buffer.from(bytes.subarray(settled)),
      at: offset + shown.length,
      shift: shift + settled - shown.length,
    };
    if (after.held.length > 0 || after.shift !== 0) this.#streams.set(key, after);
    else this.#streams.delete(key);
    return false;
  }

  /** The attempt says no more: what was held back was no secret. */
  #end(task: TaskRef, out: ByteWriter): void {
    if (this.#streams.size === 0) return;
    for (const stream of streams) {
      const key = keyOf(task, stream);
      const last = this.#streams.get(key);
      if (last === undefined) continue;
      this.#streams.delete(key);
      if (last.held.length === 0) continue;
      // The beginning of one form may end with another.
      writeLog(out, task, stream, last.at, this.#matcher.replace(last.held, true).bytes ?? last.held);
    }
  }

  #failed(cursor: RecordCursor, out: ByteWriter): boolean {
    const event = cursor.event() as FailedEvent;
    const { stderrTail, ...rest } = event.failure;
    const tail = stderrTail === undefined ? undefined : this.#matcher.tail(stderrTail);
    const clean = redactData(rest, this.#matcher) as Failure;
    if (clean === rest && tail === stderrTail) return true;
    const record = new ByteWriter(256);
    writeFailed(record, event, { ...clean, ...(tail === undefined ? {} : { stderrTail: tail }) }, event.stats);
    const copy = new RecordCursor(record.written());
    copy.advance();
    if (cursor.retrying) copy.setRetrying();
    if (cursor.logged) copy.setLogged();
    out.append(copy.bytes);
    return false;
  }
}

/** An index has 32 bits and an attempt 16. */
function keyOf({ index, attempt }: Omit<TaskRef, 'job'>, stream: LogEvent['stream']): number {
  return (index * 2 ** 16 + attempt) * 2 + (stream === 'stderr' ? 1 : 0);
}
