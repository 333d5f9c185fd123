import { Attempts, RecordCursor, type TaskEvent } from '@megalith/agent';

/**
 * The events of a durable job on their way to their reader, each at its time. Results come before logs, so that none waits behind a
 * flood of output; a task's own end is held back here until its output has come. And a job that was here before tells of tasks that
 * this client has not sent yet: those wait for the sending.
 */
export class HeldEvents {
  /** What this client, or the host by itself, has sent. */
  readonly #sent = new Attempts();
  readonly #early = new Map<number, TaskEvent[]>();
  #beforeLogs: { readonly end: number; readonly event: TaskEvent }[] = [];
  /** Tasks that `#beforeLogs` has events of. */
  readonly #waitingForLogs = new Set<number>();
  #logsEnd = 0;

  /** True while events wait for tasks to be sent. */
  get hasEarly(): boolean {
    return this.#early.size > 0;
  }

  /** Takes one entry of the journal; gives what may pass. @param end where the entry ends */
  entry(lane: 'events' | 'logs', end: number, records: Buffer): TaskEvent[] {
    const passing: TaskEvent[] = [];
    // What was held for logs that ended before this entry goes before it: it may be the failure whose next attempt writes here.
    if (lane === 'logs') this.#logsCame(end, passing);
    const cursor = new RecordCursor(records);
    while (cursor.advance()) {
      const event = cursor.event();
      const isHeld =
        lane === 'events' && ((cursor.logged && end > this.#logsEnd) || this.#waitingForLogs.has(event.index));
      if (isHeld) {
        this.#waitingForLogs.add(event.index);
        this.#beforeLogs.push({ end, event });
      } else this.#pass(event, passing);
    }
    return passing;
  }

  /** A task was sent; gives what waited for it. */
  sent(index: number, attempt: number): TaskEvent[] {
    this.#sent.raise(index, attempt);
    const passing: TaskEvent[] = [];
    this.#release(index, passing);
    return passing;
  }

  #release(index: number, passing: TaskEvent[]): void {
    const early = this.#early.get(index);
    if (early === undefined) return;
    this.#early.delete(index);
    for (const event of early) this.#pass(event, passing);
  }

  #logsCame(end: number, passing: TaskEvent[]): void {
    this.#logsEnd = end;
    const held = this.#beforeLogs;
    if (held.length === 0) return;
    this.#beforeLogs = [];
    this.#waitingForLogs.clear();
    for (const one of held) {
      if (one.end <= end) this.#pass(one.event, passing);
      else {
        this.#beforeLogs.push(one);
        this.#waitingForLogs.add(one.event.index);
      }
    }
  }

  #pass(event: TaskEvent, passing: TaskEvent[]): void {
    const { index, attempt } = event;
    if (attempt > this.#sent.of(index)) {
      const early = this.#early.get(index);
      if (early === undefined) this.#early.set(index, [event]);
      else early.push(event);
      return;
    }
    passing.push(event);
    if (event.type !== 'failed' || event.retrying !== true) return;
    this.#sent.raise(index, attempt + 1);
    // Output of the next attempt may have come before.
    this.#release(index, passing);
  }
}
