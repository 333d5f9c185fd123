import type { TaskLogs } from './types.js';

/** Kept in memory of one task's output; the journal on disk has all of it. */
const taskLimit = 64 * 1024;
/** Kept in memory of all tasks of a job. */
const jobLimit = 32 * 1024 * 1024;

type Stream = 'stdout' | 'stderr';

interface Kept {
  readonly stdout: Uint8Array[];
  readonly stderr: Uint8Array[];
  bytes: number;
  truncated: boolean;
}

const none: TaskLogs = { stdout: '', stderr: '', truncated: false };
const dropped: TaskLogs = { stdout: '', stderr: '', truncated: true };

/** The newest output of a job's tasks, bounded: what is older is dropped, beginning with the task that was silent for longest. */
export class LogStore {
  readonly #tasks = new Map<number, Kept>();
  readonly #taskLimit: number;
  readonly #jobLimit: number;
  #bytes = 0;
  #someGone = false;

  constructor(limits: { readonly task: number; readonly job: number } = { task: taskLimit, job: jobLimit }) {
    this.#taskLimit = limits.task;
    this.#jobLimit = limits.job;
  }

  append(index: number, stream: Stream, bytes: Uint8Array): void {
    const kept = this.#tasks.get(index) ?? { stdout: [], stderr: [], bytes: 0, truncated: false };
    // Put back at the end: the task that was silent for longest is the first to be dropped.
    this.#tasks.delete(index);
    this.#tasks.set(index, kept);
    const tail = bytes.length > this.#taskLimit ? bytes.subarray(bytes.length - this.#taskLimit) : bytes;
    if (tail !== bytes) kept.truncated = true;
    // A copy: the bytes that arrived are a view of a whole frame, which would stay in memory with them.
    kept[stream].push(tail.slice());
    kept.bytes += tail.length;
    this.#bytes += tail.length;
    this.#shorten(kept, stream);
    while (this.#bytes > this.#jobLimit) this.#dropQuietest();
  }

  of(index: number): TaskLogs {
    const kept = this.#tasks.get(index);
    if (kept === undefined) return this.#someGone ? dropped : none;
    return { stdout: text(kept.stdout), stderr: text(kept.stderr), truncated: kept.truncated };
  }

  delete(index: number): void {
    const kept = this.#tasks.get(index);
    if (kept === undefined) return;
    this.#bytes -= kept.bytes;
    this.#tasks.delete(index);
  }

  /** Drops the oldest pieces of the stream that grew, so that a noisy stdout does not cost the stderr that explains a failure. */
  #shorten(kept: Kept, grown: Stream): void {
    while (kept.bytes > this.#taskLimit) {
      const stream = kept[grown].length > 1 ? grown : grown === 'stdout' ? 'stderr' : 'stdout';
      const excess = kept.bytes - this.#taskLimit;
      const first = kept[stream][0]!;
      const cut = Math.min(excess, first.length);
      if (cut === first.length) kept[stream].shift();
      else kept[stream][0] = first.subarray(cut);
      kept.bytes -= cut;
      this.#bytes -= cut;
      kept.truncated = true;
    }
  }

  #dropQuietest(): void {
    const [quietest] = this.#tasks.keys();
    if (quietest === undefined) return;
    this.delete(quietest);
    this.#someGone = true;
  }
}

/** UTF-8 whose first character may have lost its head. */
function text(pieces: readonly Uint8Array[]): string {
  const bytes = Buffer.concat(pieces);
  let start = 0;
  while (start < Math.min(4, bytes.length) && (bytes[start]! & 0xc0) === 0x80) start += 1;
  return bytes.toString('utf8', start);
}
