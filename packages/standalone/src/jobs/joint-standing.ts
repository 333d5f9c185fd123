import type { Failure, FailureNote } from '@megalith/agent';

/** How one task stands; the higher number stays, wherever else the task was begun too. */
const rank = { unknown: 0, running: 1, cancelled: 2, failed: 3, done: 4 } as const;
type Standing = keyof typeof rank;

const shownFailures = 10;

/**
 * How the tasks of a job stand whose parts were on several machines. A task may have been on more than one of them: what was done
 * anywhere is done. One byte a task.
 */
export class JointStanding {
  #tasks = new Uint8Array(1024);
  readonly #counts = [0, 0, 0, 0, 0];
  readonly #notes = new Map<number, FailureNote>();
  #lost = 0;

  started(index: number): void {
    // A new attempt of a task that failed; one that is done elsewhere stays done.
    if (this.#standing(index) < rank.done) this.#set(index, rank.running);
  }

  done(index: number): void {
    this.#set(index, rank.done);
    this.#notes.delete(index);
  }

  isDone(index: number): boolean {
    return this.#standing(index) === rank.done;
  }

  failed(index: number, attempt: number, { code, message }: Failure): void {
    const standing: Standing = code === 'CANCELLED' ? 'cancelled' : 'failed';
    const before = this.#standing(index);
    if (before === rank.done || (before === rank.failed && standing === 'cancelled')) return;
    this.#set(index, rank[standing]);
    if (standing === 'cancelled') return;
    if (this.#notes.size < shownFailures) this.#notes.set(index, { index, attempt, code, message });
  }

  /** Nothing is running any more. */
  end(): void {
    this.#lost = this.#counts[rank.running]!;
  }

  get counts() {
    const [, running = 0, cancelled = 0, failed = 0, done = 0] = this.#counts;
    return { total: running + cancelled + failed + done, done, failed, cancelled, running: running - this.#lost };
  }

  get failures(): readonly FailureNote[] {
    return [...this.#notes.values()]
      .filter(({ index }) => this.#standing(index) === rank.failed)
      .sort((a, b) => a.index - b.index);
  }

  #standing(index: number): number {
    return this.#tasks[index] ?? 0;
  }

  #set(index: number, standing: number): void {
    if (index >= this.#tasks.length) {
      const larger = new Uint8Array(Math.max(index + 1, this.#tasks.length * 2));
      larger.set(this.#tasks);
      this.#tasks = larger;
    }
    const before = this.#tasks[index]!;
    if (before !== 0) this.#counts[before]!--;
    this.#counts[standing]!++;
    this.#tasks[index] = standing;
  }
}
