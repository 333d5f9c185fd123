import type { TaskSpan } from '../protocol/tasks.js';

/** Tasks of one job that wait for a slot, in order; what comes back from a slot goes to the front. */
export class TaskQueue {
  readonly #spans: TaskSpan[] = [];
  #length = 0;
  #byteLength = 0;

  get length(): number {
    return this.#length;
  }

  get byteLength(): number {
    return this.#byteLength;
  }

  push(span: TaskSpan): void {
    if (span.length === 0) return;
    this.#spans.push(span);
    this.#count(span, 1);
  }

  pushFront(span: TaskSpan): void {
    if (span.length === 0) return;
    this.#spans.unshift(span);
    this.#count(span, 1);
  }

  /** Up to `max` tasks from the front, fewer where the bytes that hold them end. */
  take(max: number): TaskSpan | undefined {
    const first = this.#spans[0];
    if (first === undefined) return undefined;
    if (first.length <= max) {
      this.#spans.shift();
      this.#count(first, -1);
      return first;
    }
    const taken = first.slice(0, max);
    this.#spans[0] = first.slice(max);
    this.#count(taken, -1);
    return taken;
  }

  /** Takes out the tasks with these indexes, each as a span of its own. */
  remove(indexes: { has(index: number): boolean }): TaskSpan[] {
    const removed: TaskSpan[] = [];
    const kept: TaskSpan[] = [];
    for (const span of this.#spans) {
      let from = 0;
      for (let task = 0; task < span.length; task++) {
        if (!indexes.has(span.indexOf(task))) continue;
        if (task > from) kept.push(span.slice(from, task));
        removed.push(span.slice(task, task + 1));
        from = task + 1;
      }
      if (from < span.length) kept.push(from === 0 ? span : span.slice(from));
    }
    this.#spans.splice(0, this.#spans.length, ...kept);
    for (const span of removed) this.#count(span, -1);
    return removed;
  }

  /** Takes out everything. */
  clear(): TaskSpan[] {
    this.#length = 0;
    this.#byteLength = 0;
    return this.#spans.splice(0);
  }

  #count(span: TaskSpan, sign: 1 | -1): void {
    this.#length += sign * span.length;
    this.#byteLength += sign * span.byteLength;
  }
}
