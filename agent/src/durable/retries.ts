import type { Failure, HostRetry } from '../protocol/messages.js';
import type { TaskSpan } from '../protocol/tasks.js';

/** Failures that a second try cannot mend: somebody asked for the end, or the task as it was sent is impossible. */
const finalCodes: ReadonlySet<string> = new Set<Failure['code'] | string>([
  'CANCELLED',
  'NOT_SERIALIZABLE',
  'CANNOT_SHIP',
  'CANNOT_SHARE',
  'OVER_MEMORY',
  'OVER_CPUS',
]);

/** Whether another try may end otherwise. */
export function isWorthRetrying(code: string): boolean {
  return !finalCodes.has(code);
}

/**
 * The wait before the try after this attempt, milliseconds. It has full jitter (anything from nothing to the whole backoff), so that
 * tasks that failed together do not return together.
 * @param attempt the one that failed, counted from 1
 * @param random a number from 0 to 1
 */
export function retryDelayMs(retry: HostRetry, attempt: number, random: number): number {
  return random * Math.min(retry.maxBackoffMs, retry.backoffMs * retry.factor ** (attempt - 1));
}

interface Waiting {
  readonly timer: NodeJS.Timeout;
  readonly span: TaskSpan;
}

/** The tasks of one job that its host tries again by itself. */
export class Retries {
  readonly #rule: HostRetry;
  readonly #random: () => number;
  readonly #again: (span: TaskSpan) => void;
  /** Every task that may fail, for its next attempt. */
  readonly #tasks = new Map<number, TaskSpan>();
  readonly #waiting = new Map<number, Waiting>();

  /** @param again called with the next attempt of a task, when it is due */
  constructor(rule: HostRetry, again: (span: TaskSpan) => void, random: () => number = Math.random) {
    this.#rule = rule;
    this.#again = again;
    this.#random = random;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  received(span: TaskSpan): void {
    for (let task = 0; task < span.length; task++) this.#tasks.set(span.indexOf(task), span.slice(task, task + 1));
  }

  done(index: number): void {
    this.#tasks.delete(index);
  }

  /** Whether the task is tried again; it is then given back after a while. */
  failed(index: number, attempt: number, code: string): boolean {
    const span = this.#tasks.get(index);
    if (span === undefined || attempt > this.#rule.retries || !isWorthRetrying(code)) {
      this.#tasks.delete(index);
      return false;
    }
    const next = span.asAttempt(attempt + 1);
    this.#tasks.set(index, next);
    const due = (): void => {
      this.#waiting.delete(index);
      this.#again(next);
    };
    const timer = setTimeout(due, retryDelayMs(this.#rule, attempt, this.#random()));
    this.#waiting.set(index, { timer, span: next });
    return true;
  }

  /** Takes out the tasks that wait for their next try: all, or those with these indexes. */
  withdraw(indexes?: { has(index: number): boolean }): TaskSpan[] {
    const withdrawn: TaskSpan[] = [];
    for (const [index, { timer, span }] of this.#waiting) {
      if (indexes !== undefined && !indexes.has(index)) continue;
      clearTimeout(timer);
      this.#waiting.delete(index);
      withdrawn.push(span);
    }
    return withdrawn;
  }
}
