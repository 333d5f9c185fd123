import type { TaskEvent } from '@megalith/agent';
import type { Ledger } from './ledger.js';
import type { JobEvent, Plan } from './types.js';

type Emit = (event: JobEvent) => void;
type Of<T extends TaskEvent['type']> = Extract<TaskEvent, { type: T }>;

/** Tells a job's listeners what the ledger has just learned; where nobody listens, nothing is put together. */
export class Announcer {
  readonly #job: string;
  readonly #ledger: Ledger;
  readonly #emit: Emit | undefined;

  constructor(job: string, ledger: Ledger, emit: Emit | undefined) {
    this.#job = job;
    this.#ledger = ledger;
    this.#emit = emit;
  }

  /** What works but may surprise; where nobody listens, the process warns. */
  warning(message: string): void {
    if (this.#emit === undefined) process.emitWarning(message, 'MegalithWarning');
    this.#emit?.({ type: 'warning', job: this.#job, message });
  }

  planned(plan: Plan): void {
    this.#emit?.({ type: 'planned', job: this.#job, plan });
  }

  placing(message: string): void {
    this.#emit?.({ type: 'placing', job: this.#job, message });
  }

  escalating(move: Omit<Extract<JobEvent, { type: 'escalating' }>, 'type' | 'job'>): void {
    this.#emit?.({ type: 'escalating', job: this.#job, ...move });
  }

  queued(): void {
    this.#emit?.({ type: 'queued', job: this.#job, taskCount: this.#ledger.total });
  }

  started({ index, attempt, at }: Of<'started'>): void {
    this.#emit?.({ type: 'started', job: this.#job, index, attempt, at });
  }

  log({ index, attempt, stream, offset, bytes }: Of<'log'>): void {
    this.#emit?.({ type: 'log', job: this.#job, index, attempt, stream, offset, bytes });
  }

  progress({ index, value }: Of<'progress'>): void {
    this.#emit?.({ type: 'progress', job: this.#job, index, value });
  }

  retrying({ index, attempt, failure }: Of<'failed'>, inMs: number): void {
    this.#emit?.({ type: 'retrying', job: this.#job, index, attempt, failure, inMs });
  }

  done(index: number, value: unknown): void {
    this.#emit?.({ type: 'done', job: this.#job, index, value, stats: this.#ledger.stats(index)! });
  }

  failed(index: number): void {
    if (this.#emit === undefined) return;
    const stats = this.#ledger.stats(index);
    const error = this.#ledger.table.error(index);
    this.#emit({ type: 'failed', job: this.#job, index, error, ...(stats === undefined ? {} : { stats }) });
  }

  /** @param usd what it has cost, where that is known */
  ended(usd: number | undefined): void {
    const { state, counts, jobError: error } = this.#ledger;
    this.#emit?.({
      type: 'ended',
      job: this.#job,
      state,
      counts,
      ...(error === undefined ? {} : { error }),
      ...(usd === undefined ? {} : { usd }),
    });
  }
}
