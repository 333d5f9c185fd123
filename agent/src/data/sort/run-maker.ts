import { join } from 'node:path';
import { RecordArena } from './record-arena.js';
import type { RunSummary } from './run-end.js';
import { RunWriter } from './run-writer.js';

export interface RunMakerOptions {
  /** For records in memory and the buffer that they are written through. */
  readonly memoryBytes: number;
  /** The folder of the runs. */
  readonly scratch: string;
  /** Begins the names of its runs there, which nobody else uses. */
  readonly name: string;
  /** Bytes between two places that a run tells of, at first. @defaultValue 64 KiB */
  readonly sampleBytes?: number;
}

/** Of the memory, what a run is written through. */
const writeShare = 16;
const mostWriteBytes = 4 * 2 ** 20;

/** Takes records one by one and leaves sorted runs of them: each as many as fit into memory. */
export class RunMaker {
  readonly arena: RecordArena;
  readonly #options: RunMakerOptions;
  readonly #runs: RunSummary[] = [];

  constructor(options: RunMakerOptions) {
    this.#options = options;
    const writeBytes = Math.min(mostWriteBytes, Math.ceil(options.memoryBytes / writeShare));
    this.arena = new RecordArena(options.memoryBytes - writeBytes, writeBytes);
  }

  /** Copies what it gets. @throws MegalithError DISK_FULL */
  add(key: Uint8Array, value: Uint8Array | undefined): void {
    const { arena } = this;
    const bytes = key.length + (value?.length ?? 0);
    if (!(arena.hasRoom && arena.room >= bytes)) {
      this.spill();
      if (arena.room < bytes) arena.growTo(bytes);
    }
    const at = arena.used;
    arena.bytes.set(key, at);
    if (value !== undefined) arena.bytes.set(value, at + key.length);
    arena.used += bytes;
    arena.tell(at, key.length, at + key.length, value === undefined ? 0 : value.length + 1);
  }

  /** Writes what is in memory as a run. @param keepFrom bytes from there on belong to no record yet, and stay */
  spill(keepFrom?: number): void {
    const { arena } = this;
    if (arena.count > 0) {
      const { scratch, name, sampleBytes } = this.#options;
      const writer = new RunWriter(join(scratch, `${name}-${this.#runs.length}.run`), {
        buffer: arena.beside,
        ...(sampleBytes === undefined ? {} : { sampleBytes }),
      });
      try {
        arena.inOrder(record => {
          writer.write(
            arena.bytes,
            arena.keyStart(record),
            arena.keyLength(record),
            arena.valueStart(record),
            arena.valueMark(record),
          );
        });
        this.#runs.push(writer.finish());
      } catch (error) {
        writer.abandon();
        throw error;
      }
    }
    arena.clear(keepFrom);
  }

  /** Writes the last run; gives all of them, in the order in which their records came. */
  finish(): readonly RunSummary[] {
    this.spill();
    return this.#runs;
  }
}
