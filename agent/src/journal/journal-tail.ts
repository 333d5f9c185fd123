import type { WrittenEntry } from './journal-writer.js';

/** Entries kept in memory of each journal, so that readers that keep up need not read the file. */
const keptBytes = 4 * 2 ** 20;
const slackBytes = 2 ** 20;

/** The last entries of a journal that is being written, and who wants to hear of more. */
export class JournalTail {
  readonly #entries: WrittenEntry[] = [];
  readonly #listeners = new Set<() => void>();
  #end = 0;

  /** Where the file ends, as far as it is written. */
  get end(): number {
    return this.#end;
  }

  /** From here on entries are in memory. */
  get start(): number {
    return this.#entries[0]?.start ?? this.#end;
  }

  /** @param end where the file ends before the first entry of this tail */
  constructor(end = 0) {
    this.#end = end;
  }

  add(entry: WrittenEntry): void {
    this.#entries.push(entry);
    this.#end = entry.end;
    if (this.#end - this.start > keptBytes + slackBytes) this.#forget();
    for (const listener of this.#listeners) listener();
  }

  #forget(): void {
    const from = this.#end - keptBytes;
    const first = this.#entries.findIndex(entry => entry.end > from);
    this.#entries.splice(0, first);
  }

  /** The entry that starts at this offset; undefined where there is none (yet, or no more in memory). */
  at(offset: number): WrittenEntry | undefined {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#entries[middle]!.start < offset) low = middle + 1;
      else high = middle;
    }
    const found = this.#entries[low];
    return found?.start === offset ? found : undefined;
  }

  /** @returns ends the listening */
  onGrowth(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
