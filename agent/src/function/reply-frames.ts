import { type FrameType, frameType, readMessage } from '../protocol/frame.js';
import type { Failure, HostMessage } from '../protocol/messages.js';
import { RecordCursor, recordKind } from '../protocol/records.js';
import { type Frame, frameParts, headLength } from './call-frames.js';

/** Marks the failure of tasks that did not begin, which is none: they go back to the client. */
const returnedMark = 'returned';

/** What a job host is to say of tasks that it does not begin any more. */
export const returnedFailure: Failure = {
  code: 'AGENT_LOST',
  message: 'not begun: the function call has no time left',
  details: { [returnedMark]: true },
};

/** Collects what a job host tells of one job. */
export class ReplyFrames {
  readonly #frames: Frame[] = [];
  readonly #returned: number[] = [];
  readonly #onOver: () => void;
  #returns = false;
  #length = 0;

  /** @param onOver the job has ended, or failed as a whole */
  constructor(onOver: () => void) {
    this.#onOver = onOver;
  }

  take(type: FrameType, payload: Buffer): void {
    if (type === frameType.records) this.#records(payload);
    else if (type === frameType.control) this.#message(readMessage(payload) as HostMessage, payload);
  }

  /** From here on tasks may come back unbegun. */
  expectReturned(): void {
    this.#returns = true;
  }

  /** Indexes of tasks that came back. */
  get returned(): readonly number[] {
    return this.#returned;
  }

  /** Tasks that have neither ended nor come back. */
  open<Task extends { readonly index: number }>(tasks: readonly Task[]): Task[] {
    const over = new Set(this.#returned);
    for (const { type, payload } of this.#frames) {
      if (type !== frameType.records) continue;
      const cursor = new RecordCursor(payload as Buffer);
      while (cursor.advance()) {
        if (cursor.kind === recordKind.done || cursor.kind === recordKind.failed) over.add(cursor.index);
      }
    }
    return tasks.filter(({ index }) => !over.has(index));
  }

  /** Adds a frame that the host did not send. */
  add(frame: Frame): void {
    this.#keep(frame.type, frame.payload);
  }

  /** All of it, as bytes. */
  bytes(): Buffer {
    return Buffer.concat(this.#frames.flatMap(frameParts), this.#length);
  }

  #message(message: HostMessage, payload: Buffer): void {
    if (message.type !== 'jobEnded' && message.type !== 'jobFailed') return;
    this.#keep(frameType.control, payload);
    this.#onOver();
  }

  #records(payload: Buffer): void {
    if (!this.#returns) {
      this.#keep(frameType.records, payload);
      return;
    }
    const cursor = new RecordCursor(payload);
    const kept: Buffer[] = [];
    while (cursor.advance()) {
      if (isReturned(cursor)) this.#returned.push(cursor.index);
      else kept.push(cursor.bytes);
    }
    if (kept.length > 0) this.#keep(frameType.records, Buffer.concat(kept));
  }

  #keep(type: FrameType, payload: Uint8Array): void {
    const frame = { type, payload };
    this.#frames.push(frame);
    this.#length += headLength + payload.length;
  }
}

function isReturned(cursor: RecordCursor): boolean {
  if (cursor.kind !== recordKind.failed) return false;
  const event = cursor.event();
  return event.type === 'failed' && event.failure.details?.[returnedMark] === true;
}
