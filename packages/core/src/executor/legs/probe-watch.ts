import type { AttemptStats } from '@megalith/agent';
import type { TaskEvents, TaskInput } from '../../backends/backend.js';
import { epochNow, timer } from '../clock.js';

/** What the tasks of a probe have shown. */
export interface Probed {
  readonly done: readonly AttemptStats[];
  /** How long those have been out that have not ended, milliseconds. */
  readonly runningMs: readonly number[];
}

/** Waits until the first tasks of a job have ended, or have had long enough. */
export class ProbeWatch {
  /** Settles once, with what is known by then. */
  readonly learned: Promise<Probed>;
  #left: number;
  readonly #limitMs: number;
  readonly #out = new Map<number, number>();
  readonly #done: AttemptStats[] = [];
  #timer: NodeJS.Timeout | undefined;
  #tell!: (probed: Probed) => void;

  /** @param tasks so many are to be tried @param limitMs from the first one's way out */
  constructor(tasks: number, limitMs: number) {
    this.#left = tasks;
    this.#limitMs = limitMs;
    this.learned = new Promise(resolve => {
      this.#tell = resolve;
    });
  }

  /** So many tasks may still be taken. */
  get left(): number {
    return this.#left;
  }

  taken(inputs: readonly TaskInput[]): void {
    if (inputs.length === 0) return;
    this.#timer ??= timer(() => this.end(), this.#limitMs);
    const at = epochNow();
    for (const { index } of inputs) this.#out.set(index, at);
    this.#left -= inputs.length;
  }

  hear(events: TaskEvents): void {
    for (const event of events) {
      if (event.type !== 'done' && event.type !== 'failed') continue;
      if (!this.#out.delete(event.index)) continue;
      if (event.stats !== undefined && event.type === 'done') this.#done.push(event.stats);
    }
  }

  /** @param isWhole no more tasks will come */
  endIfIdle(isWhole: boolean): void {
    if (this.#out.size === 0 && (this.#left <= 0 || isWhole)) this.end();
  }

  /** Nothing more is waited for. Idempotent. */
  end(): void {
    clearTimeout(this.#timer);
    const now = epochNow();
    this.#tell({ done: this.#done, runningMs: [...this.#out.values()].map(at => now - at) });
  }
}
