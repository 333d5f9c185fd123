import type { Duplex } from 'node:stream';
import { MegalithError } from '../errors.js';
import { decodeFailure, encodeFailure } from './failure-message.js';
import { type FilesFrameType, filesFrame, frameHeadLength, maxFrameBytes } from './files-frame.js';

/** A frame as it came: its payload in pieces, not joined. */
export interface FilesFrame {
  readonly type: FilesFrameType;
  readonly parts: Buffer[];
  readonly length: number;
}

export interface FileChannelOptions {
  readonly signal?: AbortSignal;
  /** A peer that sends nothing at all for so long is given up, milliseconds. @defaultValue 60,000 */
  readonly silenceMs?: number;
}

/** What may wait here for its reader, bytes; then the peer is held back until half of it is read. */
const highWaterBytes = 2 * maxFrameBytes;
/** What may wait to be written, bytes: the sender reads on while the receiver is busy with its disk. */
const aheadBytes = 1024 * 1024;
const endTimeoutMs = 5_000;
/** With these there is nobody to tell, or nobody who would wait for it. */
const deaf: ReadonlySet<string> = new Set(['CANCELLED', 'CONTACT_LOST', 'TIMED_OUT']);
const lastType = Math.max(...Object.values(filesFrame));

/** Frames over a stream, with back-pressure both ways. The stream stays its giver's. */
export class FileChannel {
  readonly #stream: Duplex;
  readonly #silenceMs: number;
  readonly #signal: AbortSignal | undefined;
  readonly #queue: FilesFrame[] = [];
  readonly #head = Buffer.alloc(frameHeadLength);
  #headFilled = 0;
  #partial: (FilesFrame & { missing: number }) | undefined;
  #queuedBytes = 0;
  #paused = false;
  #error: MegalithError | undefined;
  #ended = false;
  #heardAt = performance.now();
  #clock: NodeJS.Timeout | undefined;
  readonly #waiting = new Set<() => void>();

  constructor(stream: Duplex, { signal, silenceMs = 60_000 }: FileChannelOptions = {}) {
    this.#stream = stream;
    this.#silenceMs = silenceMs;
    this.#signal = signal;
    stream.on('data', this.#onData);
    stream.on('end', this.#onEnd);
    stream.on('close', this.#onEnd);
    stream.on('error', this.#onError);
    signal?.addEventListener('abort', this.#onAbort);
    if (signal?.aborted) this.#onAbort();
    if (stream.destroyed || stream.readableEnded) this.#onEnd();
    stream.resume();
  }

  /** While a transfer runs, each side shows that it lives and expects the same of the other. */
  keepWatch(on: boolean): void {
    clearInterval(this.#clock);
    this.#heardAt = performance.now();
    this.#clock = on ? setInterval(this.#look, Math.max(1, this.#silenceMs / 4)) : undefined;
  }

  /** True where the writer should await `drained` before it goes on: the stream is full and some more waits. */
  get congested(): boolean {
    return this.#stream.writableNeedDrain && this.#stream.writableLength > aheadBytes;
  }

  /** Sends one frame made of parts. The parts must not be changed afterwards. */
  send(type: FilesFrameType, ...parts: readonly Uint8Array[]): void {
    let length = 0;
    for (const part of parts) length += part.length;
    this.#stream.cork();
    this.sendRaw(frameHead(type, length));
    for (const part of parts) this.sendRaw(part);
    this.#stream.uncork();
  }

  /** Sends a frame of bytes that are the sender's again when `onSent` is called; where the stream fails that may be never. */
  sendLent(type: FilesFrameType, bytes: Uint8Array, onSent: () => void): void {
    this.#stream.cork();
    this.sendRaw(frameHead(type, bytes.length));
    this.#stream.write(bytes, () => {
      onSent();
      this.#wake();
    });
    this.#stream.uncork();
  }

  /** Sends bytes that are frames already. */
  sendRaw(bytes: Uint8Array): void {
    if (this.#error !== undefined) throw this.#error;
    if (!this.#stream.writable) throw lost();
    this.#stream.write(bytes, this.#wake);
  }

  /** Settles when the stream takes more. Rejects when the channel fails, also where the peer only says why it stops. */
  async drained(): Promise<void> {
    while (this.#error !== undefined || this.congested) {
      if (this.#error !== undefined) throw this.#error;
      if (this.#ended) throw lost();
      await this.#change();
    }
  }

  /** The next frame, if it has come. */
  take(): FilesFrame | undefined {
    if (this.#error !== undefined) throw this.#error;
    const frame = this.#queue.shift();
    if (frame !== undefined) this.#queuedBytes -= frame.length + frameHeadLength;
    if (this.#paused && this.#queuedBytes < highWaterBytes / 2) {
      this.#paused = false;
      this.#heardAt = performance.now();
      this.#stream.resume();
    }
    return frame;
  }

  /** The next frame; undefined where the peer ended the stream between two transfers. */
  async next(mayEnd = false): Promise<FilesFrame | undefined> {
    for (;;) {
      const frame = this.take();
      if (frame !== undefined) return frame;
      if (this.#ended) {
        if (mayEnd && this.#partial === undefined && this.#headFilled === 0) return undefined;
        throw lost();
      }
      await this.#change();
    }
  }

  /** Throws what the channel failed with. For work that neither reads nor waits. */
  check(): void {
    if (this.#error !== undefined) throw this.#error;
  }

  /** Leaves the stream as it is, for another use. */
  release(): void {
    clearInterval(this.#clock);
    this.#stream.pause();
    this.#stream.off('data', this.#onData);
    this.#stream.off('end', this.#onEnd);
    this.#stream.off('close', this.#onEnd);
    this.#stream.off('error', this.#onError);
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }

  /** Tells the peer why, and ends the stream when it has read that, or after 5 s. Releases it. */
  async stop(error: MegalithError): Promise<void> {
    clearInterval(this.#clock);
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#error ??= error;
    this.#queue.length = 0;
    const stream = this.#stream;
    if (!stream.destroyed) {
      const closed = new Promise<void>(resolve => stream.once('close', resolve));
      const payload = encodeFailure(error);
      if (stream.writable) stream.end(Buffer.concat([frameHead(filesFrame.failed, payload.length), payload]));
      // What still comes is thrown away, for a peer that cannot send does not listen either.
      stream.resume();
      const timer = setTimeout(() => stream.destroy(), deaf.has(error.code) ? 0 : endTimeoutMs);
      await closed;
      clearTimeout(timer);
    }
    this.release();
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#heardAt = performance.now();
    if (this.#error !== undefined) return;
    try {
      this.#parse(chunk);
    } catch (error) {
      this.#fail(error as MegalithError);
    }
    if (this.#queuedBytes > highWaterBytes && !this.#paused) {
      this.#paused = true;
      this.#stream.pause();
    }
    this.#wake();
  };

  readonly #wake = (): void => {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  };

  readonly #onEnd = (): void => {
    this.#ended = true;
    this.#wake();
  };

  readonly #onError = (cause: Error): void => this.#fail(lost(cause));

  readonly #onAbort = (): void => {
    this.#fail(new MegalithError('CANCELLED', 'the transfer of files was cancelled', { cause: this.#signal?.reason }));
  };

  readonly #look = (): void => {
    // A peer that we hold back ourselves has no way to be heard.
    if (!this.#paused && performance.now() - this.#heardAt > this.#silenceMs) {
      const seconds = this.#silenceMs / 1000;
      this.#fail(
        new MegalithError('TIMED_OUT', `the other side of a file transfer said nothing for ${seconds} s`, {
          hint: 'start it again; what has arrived whole is not sent twice',
        }),
      );
    } else if (this.#error === undefined && this.#stream.writable && !this.congested) this.send(filesFrame.alive);
  };

  #fail(error: MegalithError): void {
    this.#error ??= error;
    this.#wake();
  }

  #change(): Promise<void> {
    return new Promise(resolve => this.#waiting.add(resolve));
  }

  #parse(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      const partial = this.#partial;
      if (partial !== undefined) {
        const part = chunk.subarray(at, at + partial.missing);
        partial.parts.push(part);
        partial.missing -= part.length;
        at += part.length;
        if (partial.missing > 0) return;
        this.#partial = undefined;
        this.#accept(partial);
        continue;
      }
      const taken = chunk.copy(this.#head, this.#headFilled, at, at + frameHeadLength - this.#headFilled);
      at += taken;
      this.#headFilled += taken;
      if (this.#headFilled < frameHeadLength) return;
      this.#headFilled = 0;
      const length = this.#head.readUInt32LE(0);
      const type = this.#head[4] as FilesFrameType;
      if (length > maxFrameBytes || type < 1 || type > lastType) {
        throw new MegalithError('PROTOCOL', 'the other side does not speak the language of file transfer', {
          details: { length, type },
        });
      }
      if (length === 0) this.#accept({ type, parts: [], length });
      else this.#partial = { type, parts: [], length, missing: length };
    }
  }

  #accept(frame: FilesFrame): void {
    if (frame.type === filesFrame.alive) return;
    if (frame.type === filesFrame.failed) throw decodeFailure(payloadOf(frame));
    this.#queue.push(frame);
    this.#queuedBytes += frame.length + frameHeadLength;
  }
}

function frameHead(type: FilesFrameType, length: number): Buffer {
  const head = Buffer.allocUnsafe(frameHeadLength);
  head.writeUInt32LE(length, 0);
  head[4] = type;
  return head;
}

/** The payload as one piece. */
export function payloadOf({ parts, length }: FilesFrame): Buffer {
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts, length);
}

function lost(cause?: Error): MegalithError {
  return new MegalithError('CONTACT_LOST', 'the connection ended in the middle of a file transfer', {
    hint: 'start it again; what has arrived whole is not sent twice',
    ...(cause === undefined ? {} : { cause }),
  });
}
