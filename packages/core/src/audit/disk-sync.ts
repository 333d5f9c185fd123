import { open } from 'node:fs/promises';
import { unlessMissing } from '@megalith/agent';

/**
 * Brings files to the disk itself, in their order, behind the back of who writes them: what a process wrote outlives it anyway, and with this
 * a power cut too, but for the last milliseconds. One round at a time; wishes meanwhile share the next.
 */
export class DiskSync {
  readonly #paths: readonly string[];
  #isWished = false;
  #round: Promise<void> | undefined;
  #failure: unknown;

  constructor(paths: readonly string[]) {
    this.#paths = paths;
  }

  wish(): void {
    this.#isWished = true;
    this.#round ??= this.#syncWhileWished();
  }

  /** Waits for all wishes; throws what went wrong with one of them. */
  async settled(): Promise<void> {
    await this.#round;
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #syncWhileWished(): Promise<void> {
    // Never in the way of who just wrote.
    await new Promise(setImmediate);
    try {
      while (this.#isWished) {
        this.#isWished = false;
        for (const path of this.#paths) await syncFile(path);
      }
    } catch (error) {
      this.#failure = error;
    }
    this.#round = undefined;
  }
}

async function syncFile(path: string): Promise<void> {
  const file = await unlessMissing(open(path, 'r'));
  // Another process closed it, and had it on disk before; or it was taken away, which the next entry finds.
  if (file === undefined) return;
  try {
    await file.datasync();
  } finally {
    await file.close();
  }
}
