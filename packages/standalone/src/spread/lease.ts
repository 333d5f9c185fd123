import type { TaskEvent } from '@megalith/agent';
import type { TaskInput } from '@megalith/core';
import type { Seat } from './seat.js';

type LogEvent = Extract<TaskEvent, { type: 'log' }>;

/** How much of one stream was shown, and how far the holder's own offsets are from that. */
interface Shown {
  upTo: number;
  shift: number | undefined;
}

/** One attempt of a task between its way out of the job's source and its last event. */
export class Lease {
  input: TaskInput;
  /** Who has it; its output is what is shown. Undefined: it waits for somebody to take it. */
  holder: Seat | undefined;
  /** Who runs it as well, because the holder is slow or silent. */
  twin: Seat | undefined;
  /** When the holder said that it runs. */
  begunAt: number | undefined;
  /** Its start was told. */
  isAnnounced = false;
  /** Machines that failed under it. */
  falls = 0;
  /** Who should not get it, if there is anybody else. */
  avoid: Seat | undefined;
  /** In the line of tasks that wait for a place; since when. */
  isInLine = false;
  waitingSince = 0;
  isOver = false;
  #isMoved = false;
  #shown: { stdout?: Shown; stderr?: Shown } | undefined;

  constructor(input: TaskInput) {
    this.input = input;
  }

  get index(): number {
    return this.input.index;
  }

  get attempt(): number {
    return this.input.attempt;
  }

  isWith(seat: Seat): boolean {
    return this.holder === seat || this.twin === seat;
  }

  /** The seat is out of it. A twin takes the holder's part. @returns whether nobody has it now */
  leave(seat: Seat): boolean {
    if (this.twin === seat) {
      this.twin = undefined;
      return false;
    }
    this.holder = this.twin;
    this.twin = undefined;
    this.begunAt = undefined;
    this.#isMoved = true;
    if (this.#shown?.stdout !== undefined) this.#shown.stdout.shift = undefined;
    if (this.#shown?.stderr !== undefined) this.#shown.stderr.shift = undefined;
    return this.holder === undefined;
  }

  /** The holder itself tries again. */
  nextAttempt(): void {
    this.input = { ...this.input, attempt: this.attempt + 1 };
    this.begunAt = undefined;
    this.isAnnounced = false;
    this.#isMoved = false;
    this.#shown = undefined;
  }

  /** A piece of the holder's output, as it follows what was shown before, from here or from a machine that is gone. */
  show(event: LogEvent): LogEvent {
    this.#shown ??= {};
    this.#shown[event.stream] ??= { upTo: 0, shift: this.#isMoved ? undefined : 0 };
    const shown = this.#shown[event.stream]!;
    shown.shift ??= shown.upTo - event.offset;
    const offset = event.offset + shown.shift;
    shown.upTo = offset + event.bytes.length;
    return shown.shift === 0 ? event : { ...event, offset };
  }
}
