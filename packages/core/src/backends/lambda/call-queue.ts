import type { CallTask } from './call-tasks.js';

/** Tasks that wait for a call: those that have been in one before those that have not. */
export class CallQueue {
  #again: CallTask[] = [];
  #fresh: CallTask[] = [];
  #taken = 0;
  #bytes = 0;

  /** Of all tasks that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  get length(): number {
    return this.#again.length + this.#fresh.length - this.#taken;
  }

  add(task: CallTask): void {
    this.#bytes += task.bytes.length;
    this.#fresh.push(task);
  }

  /** A task that is back from a call. */
  addAgain(task: CallTask): void {
    this.#bytes += task.bytes.length;
    this.#again.push(task);
  }

  /** Takes the tasks of one call. @param most tasks @param mostBytes of them together, but for a single one */
  next(most: number, mostBytes: number): CallTask[] {
    const call: CallTask[] = [];
    let bytes = 0;
    while (call.length < most) {
      const task = this.#again[0] ?? this.#fresh[this.#taken];
      if (task === undefined) break;
      bytes += task.bytes.length;
      if (call.length > 0 && (task.isAlone || bytes > mostBytes)) break;
      this.#drop();
      this.#bytes -= task.bytes.length;
      call.push(task);
      if (task.isAlone) break;
    }
    return call;
  }

  /** Takes out all tasks, or those that were asked for. */
  remove(isMeant: (task: CallTask) => boolean): CallTask[] {
    const all = [...this.#again, ...this.#fresh.slice(this.#taken)];
    const againCount = this.#again.length;
    const removed = all.filter(isMeant);
    this.#again = all.slice(0, againCount).filter(task => !isMeant(task));
    this.#fresh = all.slice(againCount).filter(task => !isMeant(task));
    this.#taken = 0;
    for (const { bytes } of removed) this.#bytes -= bytes.length;
    return removed;
  }

  #drop(): void {
    if (this.#again.length > 0) {
      this.#again.shift();
      return;
    }
    this.#taken += 1;
    if (this.#taken < this.#fresh.length && this.#taken < 4096) return;
    this.#fresh = this.#fresh.slice(this.#taken);
    this.#taken = 0;
  }
}
