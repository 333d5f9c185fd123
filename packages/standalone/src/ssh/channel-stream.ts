import { Duplex } from 'node:stream';
import type { Channel } from 'ssh2';

/**
 * A channel of `ssh2` as a stream that keeps Node's rules, which the channel itself does not: `destroy` ends it at once, a
 * write to a channel that the far side closed fails instead of waiting for ever, and a lost connection is an error instead
 * of a regular end. Back-pressure goes through both ways: it holds at most one chunk beside what the channel holds (its
 * window, 2 MiB each way).
 */
export class ChannelStream extends Duplex {
  readonly #channel: Channel;
  /** A write that the far side has not taken yet. */
  #waiting: ((error?: Error | null) => void) | undefined;
  #isClosedThere = false;

  constructor(channel: Channel) {
    super({ highWaterMark: 256 * 1024 });
    this.#channel = channel;
    channel.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) channel.pause();
    });
    channel.on('end', () => this.push(null));
    channel.on('error', (error: Error) => this.destroy(error));
    channel.on('close', () => this.#onClosed());
  }

  override _read(): void {
    this.#channel.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#waiting = callback;
    if (this.#isClosedThere) this.#refuseWrite();
    else this.#channel.write(chunk, () => this.#answer(undefined));
  }

  override _final(callback: (error?: Error | null) => void): void {
    if (!this.#isClosedThere) this.#channel.end();
    callback();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#channel.close();
    // What still comes is thrown away, so that the channel reaches its end and is forgotten.
    this.#channel.resume();
    this.#answer(error ?? new Error('the stream was destroyed'));
    callback(error);
  }

  #answer(error: Error | undefined): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.(error ?? null);
  }

  #onClosed(): void {
    this.#isClosedThere = true;
    if (this.#waiting !== undefined) this.#refuseWrite();
    else if (this.readableEnded) this.destroy();
    else this.once('end', () => this.destroy());
  }

  /** A failed write destroys the stream, and with it what was not read yet: that goes first where somebody reads. */
  #refuseWrite(): void {
    const refuse = (): void =>
      this.#answer(Object.assign(new Error('the far side has closed the stream'), { code: 'EPIPE' }));
    if (this.readableLength > 0 && this.readableFlowing !== null) this.once('end', refuse);
    else refuse();
  }
}
