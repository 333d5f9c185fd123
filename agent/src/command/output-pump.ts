import type { Readable } from 'node:stream';
import { SilenceWatch } from './silence-watch.js';

/** Takes bytes; while the promise that it gives is pending no more are read. */
export type TakeBytes = (bytes: Uint8Array) => void | Promise<void>;

/** Moves a pipe's bytes, in order, to someone who may be slow. */
export class OutputPump {
  /** Settles when all bytes are taken and the pipe has ended, or was abandoned; never rejects. */
  readonly ended: Promise<void>;
  readonly #stream: Readable;
  readonly #take: TakeBytes;
  readonly #onError: (error: unknown) => void;
  readonly #waiting: Uint8Array[] = [];
  #busy = false;
  #streamEnded = false;
  #settleEnded!: () => void;
  #isOpen = true;
  #silence: SilenceWatch | undefined;

  constructor(stream: Readable, take: TakeBytes, onError: (error: unknown) => void) {
    this.#stream = stream;
    this.#take = take;
    this.#onError = onError;
    this.ended = new Promise(resolve => {
      this.#settleEnded = resolve;
    });
    stream.on('data', (bytes: Uint8Array) => this.#receive(bytes));
    stream.once('error', onError);
    stream.once('close', () => this.#onStreamEnd());
    stream.once('end', () => this.#onStreamEnd());
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /**
   * Settles with false when the pipe has ended, and with true when it stayed open for so long in all without having
   * done so. Time during which the taker is busy does not count.
   */
  silent(afterMs: number): Promise<boolean> {
    return new Promise(resolve => {
      const watch = new SilenceWatch(afterMs, () => resolve(true));
      this.#silence = watch;
      if (!this.#busy) watch.resume();
      void this.ended.then(() => {
        watch.pause();
        resolve(false);
      });
    });
  }

  /** Reads no more. */
  abandon(): void {
    this.#waiting.length = 0;
    this.#stream.destroy();
    this.#finish();
  }

  #receive(bytes: Uint8Array): void {
    if (!this.#isOpen) return;
    this.#silence?.heard();
    // Node resumes a paused pipe when its process exits, so bytes may come although we are busy.
    if (this.#busy) {
      this.#waiting.push(bytes);
      this.#stream.pause();
    } else this.#pass(bytes);
  }

  #pass(bytes: Uint8Array): void {
    let taken: unknown;
    try {
      taken = this.#take(bytes);
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (!(taken instanceof Promise)) return;
    this.#busy = true;
    this.#stream.pause();
    this.#silence?.pause();
    taken.then(
      () => this.#onTaken(),
      (error: unknown) => this.#fail(error),
    );
  }

  #onTaken(): void {
    this.#busy = false;
    let next = this.#waiting.shift();
    while (next && !this.#busy) {
      this.#pass(next);
      if (!this.#busy) next = this.#waiting.shift();
    }
    if (this.#busy || !this.#isOpen) return;
    if (this.#streamEnded) {
      this.#finish();
      return;
    }
    this.#silence?.resume();
    this.#stream.resume();
  }

  #onStreamEnd(): void {
    this.#streamEnded = true;
    if (!this.#busy) this.#finish();
  }

  #fail(error: unknown): void {
    this.#onError(error);
    this.abandon();
  }

  #finish(): void {
    this.#isOpen = false;
    this.#settleEnded();
  }
}
