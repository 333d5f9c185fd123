/** After its time is up, what had come before gets so many turns of the event loop to be read, if each brings something. */
const lastTurns = 100;

/** Calls back when a pipe was listened to for a time in all and has nothing left to be read. */
export class SilenceWatch {
  readonly #callback: () => void;
  #leftMs: number;
  #since = 0;
  #heard = false;
  #timer: NodeJS.Timeout | undefined;
  #turn: NodeJS.Immediate | undefined;

  constructor(ms: number, callback: () => void) {
    this.#leftMs = ms;
    this.#callback = callback;
  }

  /** Something came out of the pipe. */
  heard(): void {
    this.#heard = true;
  }

  resume(): void {
    this.pause();
    this.#since = performance.now();
    this.#timer = setTimeout(() => this.#lastTurns(lastTurns), this.#leftMs);
  }

  pause(): void {
    clearImmediate(this.#turn);
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#leftMs = Math.max(0, this.#leftMs - (performance.now() - this.#since));
  }

  /** When the event loop was held up timers come first, and pipes are read only after them. */
  #lastTurns(left: number): void {
    this.#heard = false;
    this.#turn = setImmediate(() => {
      if (this.#heard && left > 0) this.#lastTurns(left - 1);
      else this.#callback();
    });
  }
}
