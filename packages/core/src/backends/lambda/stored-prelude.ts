import type { CallPacker } from './call-packer.js';
import { freshForMs, type Spill, type StoredBytes } from './spill.js';

/** A bundle or shared inputs above this size go to the store once, and not with each call, bytes. */
const worthStoringBytes = 256 * 1024;
/** Stores are swept of what is old, see `sweepSpilled`: a job that runs for days puts it there anew long before, milliseconds. */
const putEveryMs = 12 * 3_600_000;

/** What all calls of a job begin with, in the store: put there once, and signed anew now and then. */
export class StoredPrelude {
  readonly #packer: CallPacker;
  readonly #spill: Spill;
  #stored: Promise<StoredBytes> | undefined;
  #signedAt = Number.NEGATIVE_INFINITY;
  #putAt = Number.NEGATIVE_INFINITY;

  private constructor(packer: CallPacker, spill: Spill) {
    this.#packer = packer;
    this.#spill = spill;
  }

  /** Undefined where there is no store, or the calls better carry it themselves. */
  static of(packer: CallPacker, spill: Spill | undefined): StoredPrelude | undefined {
    return spill === undefined || packer.preludeBytes < worthStoringBytes
      ? undefined
      : new StoredPrelude(packer, spill);
  }

  /** A URL that outlives a call. @throws MegalithError POLICY, STORE_FAILED, NO_CREDENTIALS */
  async url(): Promise<string> {
    if (performance.now() - this.#signedAt > freshForMs) {
      const now = performance.now();
      this.#signedAt = now;
      if (this.#stored === undefined || now - this.#putAt > putEveryMs) {
        this.#putAt = now;
        this.#stored = this.#spill.put(this.#packer.prelude());
      } else {
        this.#stored = this.#signedAnew(this.#stored);
      }
      // The next call tries again.
      this.#stored.catch(() => {
        this.#stored = undefined;
        this.#signedAt = Number.NEGATIVE_INFINITY;
      });
    }
    return (await this.#stored!).get;
  }

  async #signedAnew(before: Promise<StoredBytes>): Promise<StoredBytes> {
    const { key } = await before;
    return { key, get: await this.#spill.signed(key) };
  }
}
