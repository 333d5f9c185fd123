/** Why the user's side ended the work. */
export type InterruptCause = 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'EPIPE';

export interface InterruptOptions {
  /** Hears of the first one: the work is being cancelled. */
  readonly onFirst: (cause: InterruptCause) => void;
  /** The user asked again: nothing may wait any longer. */
  readonly onSecond: () => void;
}

// A closed terminal must not leave work behind either.
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Listens for the wish to end: signals, and an output that nobody reads any longer. */
export class Interrupt {
  readonly #controller = new AbortController();
  readonly #options: InterruptOptions;
  #cause: InterruptCause | undefined;

  constructor(options: InterruptOptions) {
    this.#options = options;
    for (const signal of signals) process.on(signal, this.#onSignal);
    process.stdout.on('error', this.#onOutputError);
    process.stderr.on('error', this.#onOutputError);
  }

  /** Aborted at the first one. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get cause(): InterruptCause | undefined {
    return this.#cause;
  }

  [Symbol.dispose](): void {
    for (const signal of signals) process.off(signal, this.#onSignal);
    // The listeners for output stay: the last bytes may fail after the work is done.
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => this.#interrupt(signal as InterruptCause);

  readonly #onOutputError = (error: NodeJS.ErrnoException): void => {
    if (error.code === 'EPIPE' && this.#cause === undefined) this.#interrupt('EPIPE');
  };

  #interrupt(cause: InterruptCause): void {
    if (this.#cause !== undefined) {
      this.#options.onSecond();
      return;
    }
    this.#cause = cause;
    this.#options.onFirst(cause);
    this.#controller.abort(cause);
  }
}

/** The exit code of work that was interrupted. */
export function interruptExitCode(cause: InterruptCause): number {
  // 141 is what a shell shows for a program whose reader went away: 128 + SIGPIPE.
  return cause === 'EPIPE' ? 141 : 130;
}
