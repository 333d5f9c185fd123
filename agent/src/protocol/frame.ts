import type { Duplex } from 'node:stream';
import { deserialize, serialize } from 'node:v8';

/** What a frame holds. */
export const frameType = {
  /** One v8-serialized message. */
  control: 1,
  /** Tasks of one job (`tasks.ts`). */
  tasks: 2,
  /** Task events (`records.ts`). */
  records: 3,
  /** A piece of a shared input: u32 job, u32 position in `shared`, bytes. */
  shared: 4,
  /** Task events of a durable job: u32 job, u32 1 for logs and 0 for all else, f64 where the journal's entry ends, records. */
  entries: 5,
  /** Bytes of a journal as they are (`mirror`). */
  journal: 6,
} as const;
export type FrameType = (typeof frameType)[keyof typeof frameType];

const headerLength = 5;

/** Called for each whole frame. The payload may be a view of a larger buffer, and is the receiver's to keep. */
export type OnFrame = (type: FrameType, payload: Buffer) => void;

/** Cuts a byte stream into frames: u32 length of the payload, u8 type, payload (little endian). */
export class FrameReader {
  readonly #onFrame: OnFrame;
  #head = Buffer.alloc(headerLength);
  #headFilled = 0;
  #type: FrameType = frameType.control;
  #payload: Buffer | undefined;
  #payloadFilled = 0;

  constructor(onFrame: OnFrame) {
    this.#onFrame = onFrame;
  }

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#payload !== undefined) {
        const taken = chunk.copy(this.#payload, this.#payloadFilled, at);
        at += taken;
        this.#payloadFilled += taken;
        if (this.#payloadFilled < this.#payload.length) return;
        const whole = this.#payload;
        this.#payload = undefined;
        this.#onFrame(this.#type, whole);
        continue;
      }
      if (this.#headFilled < headerLength) {
        const taken = chunk.copy(this.#head, this.#headFilled, at, at + headerLength - this.#headFilled);
        at += taken;
        this.#headFilled += taken;
        if (this.#headFilled < headerLength) return;
      }
      this.#headFilled = 0;
      const length = this.#head.readUInt32LE(0);
      this.#type = this.#head[4] as FrameType;
      if (at + length <= chunk.length) {
        const payload = chunk.subarray(at, at + length);
        at += length;
        this.#onFrame(this.#type, payload);
      } else {
        this.#payload = Buffer.allocUnsafeSlow(length);
        this.#payloadFilled = 0;
      }
    }
  }
}

/**
 * Writes one frame made of parts, without joining them.
 * Gives false when the stream asks its writer to pause, as `stream.write` does.
 */
export function writeFrame(stream: Duplex, type: FrameType, parts: readonly Uint8Array[]): boolean {
  let length = 0;
  for (const part of parts) length += part.length;
  const head = Buffer.allocUnsafe(headerLength);
  head.writeUInt32LE(length, 0);
  head[4] = type;
  stream.cork();
  let more = stream.write(head);
  for (const part of parts) more = stream.write(part);
  stream.uncork();
  return more;
}

/** Writes one control message. */
export function writeMessage(stream: Duplex, message: unknown): boolean {
  return writeFrame(stream, frameType.control, [serialize(message)]);
}

/** Reads a control frame's payload. The caller knows the peer, and so the type. */
export function readMessage(payload: Buffer): unknown {
  return deserialize(payload);
}
