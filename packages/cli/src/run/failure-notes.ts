import type { MegalithError } from '@megalith/core';
import { isLost } from '../exit-code.js';

// Ten tell what is wrong; more only push it out of sight.
const shown = 10;

/** Counts failures, and tells people of the first ones. */
export class FailureNotes {
  readonly #note: (line: string) => void;
  #failed = 0;
  #lost = 0;
  #told: MegalithError | undefined;

  constructor(note: (line: string) => void) {
    this.#note = note;
  }

  get failed(): number {
    return this.#failed;
  }

  get lost(): number {
    return this.#lost;
  }

  add(error: MegalithError): void {
    // Nobody knows how such a task ends.
    if (error.code === 'CONTACT_LOST') return;
    this.#failed++;
    if (isLost(error.code)) this.#lost++;
    // What befell the job as a whole befell every task.
    if (this.#failed > shown || error === this.#told) return;
    this.#told = error;
    this.#note(error.hint === undefined ? error.message : `${error.message} (${error.hint})`);
  }

  /** The last word: how many there were. */
  end(total: number, more: string): void {
    if (this.#failed === 0) return;
    const hidden = this.#failed > shown ? `, ${this.#failed - shown} of them not shown` : '';
    this.#note(`${this.#failed} of ${total} tasks failed${hidden}; ${more}`);
  }
}
