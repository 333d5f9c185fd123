import { Rate } from './rate.js';
import { type ProgressView, statusLine } from './status-line.js';

/** Where progress is written: a part of `process.stderr`. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface ProgressOptions {
  readonly stream: ProgressStream;
  /** Milliseconds on a clock that never goes back. */
  readonly now: () => number;
  /** The job as it is now. */
  readonly view: () => Omit<ProgressView, 'ratePerSecond' | 'elapsedMs'>;
  /** True repaints one line; false writes a line now and then. */
  readonly repaint: boolean;
  /** Nothing is shown of a job that ends sooner. @defaultValue 0.2 s where a line is repainted, else 10 s */
  readonly quietMs?: number;
}

// A person sees no difference beyond ten frames a second.
const repaintMs = 100;
// Often enough for a log to tell that it is alive, rare enough to stay readable.
const heartbeatMs = 10_000;

/** Shows how a job does: one repainted line on a terminal, else a line every ten seconds. */
export class Progress {
  readonly #options: ProgressOptions;
  readonly #startedAt: number;
  readonly #rate = new Rate();
  #shownAt: number;
  #painted = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ProgressOptions) {
    this.#options = options;
    this.#startedAt = options.now();
    const quietMs = options.quietMs ?? (options.repaint ? 200 : heartbeatMs);
    this.#shownAt = this.#startedAt + quietMs - this.#periodMs;
  }

  get #periodMs(): number {
    return this.#options.repaint ? repaintMs : heartbeatMs;
  }

  /** True where one line shows it all. */
  get repaints(): boolean {
    return this.#options.repaint;
  }

  /** Calls `tick` by itself until `stop`. */
  start(): void {
    this.#timer = setInterval(() => this.tick(), repaintMs);
    this.#timer.unref();
  }

  /** Shows the present state, if it is time. */
  tick(): void {
    const now = this.#options.now();
    const view = this.#options.view();
    this.#rate.add(now, view.done + view.failed + view.cancelled);
    if (now - this.#shownAt < this.#periodMs) return;
    this.#shownAt = now;
    this.#show(now);
  }

  /** Writes a line of its own, whatever the status line does. */
  note(line: string): void {
    this.clear();
    this.#options.stream.write(`${line}\n`);
  }

  /** Takes the status line away, so that others may write to the terminal; the next tick brings it back. */
  clear(): void {
    if (!this.#painted) return;
    this.#painted = false;
    this.#options.stream.write('\r\u001b[K');
  }

  stop(): void {
    clearInterval(this.#timer);
    this.clear();
  }

  #show(now: number): void {
    const { stream, repaint } = this.#options;
    const view: ProgressView = {
      ...this.#options.view(),
      ratePerSecond: this.#rate.perSecond,
      elapsedMs: now - this.#startedAt,
    };
    if (!repaint) {
      stream.write(`${statusLine(view)}\n`);
      return;
    }
    // A terminal that does not know its width says 0. One column stays free: a full last column makes some terminals wrap.
    stream.write(`\r${statusLine(view, (stream.columns || 80) - 1)}\u001b[K`);
    this.#painted = true;
  }
}

/** True where a line can be repainted: a terminal that understands escapes, outside continuous integration. */
export function canRepaint(stream: ProgressStream, env: NodeJS.ProcessEnv): boolean {
  return stream.isTTY === true && env.TERM !== 'dumb' && (env.CI ?? '') === '';
}
