import { sizeText } from '../memory/size-text.js';
import type { ProcessIdentity } from '../process/process-identity.js';
import { proportionalMemoryBytes } from '../process/proportional-memory.js';

/** A memory limit that is kept by looking, for systems without a cgroup to keep it. */
export class SampledLimit {
  readonly #limitBytes: number;
  readonly #onOver: (reason: string) => void;
  #checking = false;

  constructor(limitBytes: number, onOver: (reason: string) => void) {
    this.#limitBytes = limitBytes;
    this.#onOver = onOver;
  }

  /** The sum of resident sizes counts shared pages more than once, so before anything is ended they are counted well. */
  async check(rssBytes: number, members: readonly ProcessIdentity[]): Promise<void> {
    if (rssBytes <= this.#limitBytes || this.#checking) return;
    this.#checking = true;
    const bytes = (await proportionalMemoryBytes(members.map(({ pid }) => pid))) ?? rssBytes;
    this.#checking = false;
    if (bytes > this.#limitBytes) {
      this.#onOver(`it took ${sizeText(bytes)} and had asked for ${sizeText(this.#limitBytes)}`);
    }
  }
}
