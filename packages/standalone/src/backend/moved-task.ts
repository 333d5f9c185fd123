import type { TaskEvent } from '@megalith/agent';
import type { TaskInput } from '@megalith/core';

type LogEvent = Extract<TaskEvent, { type: 'log' }>;
type Offsets = { stdout: number; stderr: number };

/** A task between its way out of the job's source and its last event, on whichever machine. */
export class MovedTask {
  input: TaskInput;
  /** The machine that has it said that it runs. */
  hasBegun = false;
  #isAnnounced = false;
  /** Where this machine's output follows what others have shown of the same attempt; and how far it came. */
  #base: Offsets = { stdout: 0, stderr: 0 };
  #shown: Offsets = { stdout: 0, stderr: 0 };

  constructor(input: TaskInput) {
    this.input = input;
  }

  /** @returns whether that is news */
  began(): boolean {
    this.hasBegun = true;
    const isNews = !this.#isAnnounced;
    this.#isAnnounced = true;
    return isNews;
  }

  show(event: LogEvent): LogEvent {
    const base = this.#base[event.stream];
    const offset = base + event.offset;
    this.#shown[event.stream] = offset + event.bytes.length;
    return base === 0 ? event : { ...event, offset };
  }

  /** Another machine is to have it, as the same attempt. */
  moved(): void {
    this.hasBegun = false;
    this.#base = { ...this.#shown };
  }

  nextAttempt(): void {
    this.input = { ...this.input, attempt: this.input.attempt + 1 };
    this.hasBegun = false;
    this.#isAnnounced = false;
    this.#base = { stdout: 0, stderr: 0 };
    this.#shown = { stdout: 0, stderr: 0 };
  }
}
