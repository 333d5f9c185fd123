import { type FSWatcher, watch } from 'node:fs';

/** How often the file is looked at where the system tells nothing, as on network disks. */
const pollMs = 1000;

/** Tells when a file may have grown. */
export class FileGrowth {
  readonly #signal: AbortSignal | undefined;
  readonly #watcher: FSWatcher | undefined;
  #hasChanged = false;
  #wake: (() => void) | undefined;

  constructor(path: string, signal?: AbortSignal) {
    this.#signal = signal;
    this.#watcher = tryWatch(path, () => {
      this.#hasChanged = true;
      this.#wake?.();
    });
  }

  /** Settles with true at the next change, or at once if there was one since the last call; with false after a while without. */
  async next(): Promise<boolean> {
    const signal = this.#signal;
    if (!this.#hasChanged && !signal?.aborted) {
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, pollMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
        signal?.addEventListener('abort', this.#wake, { once: true });
      });
      if (this.#wake) signal?.removeEventListener('abort', this.#wake);
      this.#wake = undefined;
    }
    const hasChanged = this.#hasChanged;
    this.#hasChanged = false;
    return hasChanged;
  }

  stop(): void {
    this.#watcher?.close();
    this.#wake?.();
  }
}

/** Undefined where the system has no watch to give (too many, or none on this disk): polling does then. */
function tryWatch(path: string, onChange: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(path, onChange);
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw error;
    return undefined;
  }
}
