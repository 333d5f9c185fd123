import { appendFile, mkdir, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { unlessMissing } from '@megalith/agent';

/** At most twice this is on disk, bytes. */
const defaultMaxBytes = 1024 * 1024;

/** A log of dated lines that never outgrows its bounds: when `path` is full it becomes `path.1`, and what that was is gone. */
export class LogFile {
  readonly #path: string;
  readonly #maxBytes: number;
  #last: Promise<void> = Promise.resolve();

  constructor(path: string, maxBytes = defaultMaxBytes) {
    this.#path = path;
    this.#maxBytes = maxBytes;
  }

  /** Lines are written in the order of calls. @throws what the file system says, for this line alone */
  write(text: string, at: number): Promise<void> {
    const line = `${new Date(at).toISOString()} ${text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ')}\n`;
    const written = this.#last.then(() => this.#append(line));
    this.#last = written.then(
      () => undefined,
      () => undefined,
    );
    return written;
  }

  async #append(line: string): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    if ((await sizeOf(this.#path)) + Buffer.byteLength(line) > this.#maxBytes) await this.#rotate();
    await appendFile(this.#path, line, { mode: 0o600 });
  }

  async #rotate(): Promise<void> {
    try {
      await rename(this.#path, `${this.#path}.1`);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
}

async function sizeOf(path: string): Promise<number> {
  return (await unlessMissing(stat(path)))?.size ?? 0;
}
