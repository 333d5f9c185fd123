import { MegalithError } from '../errors.js';
import { decodeControl } from '../journal/entries.js';
import type { EntryKind } from '../journal/entry-codec.js';
import { type JournalEntry, JournalReader } from '../journal/journal-reader.js';
import type { JournalTail } from '../journal/journal-tail.js';
import type { Failure, Seen } from '../protocol/messages.js';

/** Where a reader's entries go: one client's connection. */
export interface EntrySink {
  /** Sends one entry, or with no parts only how far its lane is. False asks to wait for `drained`. */
  entry(lane: LaneName, end: number, parts: readonly Uint8Array[]): boolean;
  drained(): Promise<void>;
  /** All was sent. @param failure why the job as a whole could not run */
  over(failure?: Failure): void;
}

/** A journal that may still be written. */
export interface JournalSource {
  readonly path: string;
  /** Undefined for a journal that nobody writes any more. */
  readonly tail?: JournalTail;
}

export type LaneName = 'events' | 'logs';

interface Entry {
  readonly kind: EntryKind;
  readonly parts: readonly Uint8Array[];
  readonly end: number;
}

/** One walk through a journal, which looks at every entry and picks those of its kind. */
interface Lane {
  readonly name: LaneName;
  at: number;
  file: AsyncIterator<JournalEntry, void> | undefined;
}

/**
 * Sends one client what a durable job's journal holds and will hold. Events go before logs, so that no result waits behind a
 * flood of output; a client that keeps up is served from memory, one that does not from the file, and neither holds up the job.
 */
export class JobReader {
  readonly #sink: EntrySink;
  readonly #source: JournalSource;
  readonly #events: Lane;
  readonly #logs: Lane;
  readonly #stopListening: (() => void) | undefined;
  readonly #onError: (error: unknown) => void;
  #end: { readonly at: number; readonly failure?: Failure | undefined } | undefined;
  #markedLogs: number;
  #isPumping = false;
  #hasNews = true;
  #isClosed = false;

  constructor(sink: EntrySink, source: JournalSource, seen: Seen, onError: (error: unknown) => void) {
    this.#sink = sink;
    this.#source = source;
    this.#onError = onError;
    this.#events = { name: 'events', at: seen.events, file: undefined };
    this.#logs = { name: 'logs', at: seen.logs, file: undefined };
    this.#markedLogs = seen.logs;
    this.#stopListening = source.tail?.onGrowth(() => this.#wake());
    this.#wake();
  }

  /** The journal can't be written any more: what is in it will not come. */
  fail(failure: Failure): void {
    if (this.#isClosed) return;
    this.close();
    this.#sink.over(failure);
  }

  close(): void {
    this.#isClosed = true;
    this.#stopListening?.();
    for (const lane of [this.#events, this.#logs]) this.#leaveFile(lane);
  }

  #wake(): void {
    this.#hasNews = true;
    if (this.#isPumping || this.#isClosed) return;
    this.#isPumping = true;
    this.#pump().then(
      () => {
        this.#isPumping = false;
        if (this.#hasNews) this.#wake();
      },
      (error: unknown) => {
        this.#isPumping = false;
        if (this.#isClosed) return;
        this.close();
        this.#onError(error);
      },
    );
  }

  async #pump(): Promise<void> {
    while (this.#hasNews && !this.#isClosed) {
      this.#hasNews = false;
      for (;;) {
        const lane = await this.#nextLane();
        if (lane === undefined || this.#isClosed) break;
        const { entry } = lane;
        if (!this.#sink.entry(lane.name, entry.end, entry.parts)) await this.#sink.drained();
      }
      if (this.#isClosed) return;
      this.#markLogs();
      if (this.#end !== undefined && this.#logs.at >= this.#end.at) {
        this.close();
        this.#sink.over(this.#end.failure);
      }
    }
  }

  async #nextLane(): Promise<{ readonly name: LaneName; readonly entry: Entry } | undefined> {
    for (const lane of [this.#events, this.#logs]) {
      const entry = this.#ready(lane) ?? (this.#isBehind(lane) ? await this.#read(lane) : undefined);
      if (this.#isClosed) return undefined;
      if (entry !== undefined) return { name: lane.name, entry };
    }
    return undefined;
  }

  /** Tells the client that no log before this place is missing: it may hold back ends of tasks until it knows. */
  #markLogs(): void {
    if (this.#logs.at <= this.#markedLogs) return;
    this.#markedLogs = this.#logs.at;
    this.#sink.entry('logs', this.#logs.at, []);
  }

  /** The lane's next entry that is in memory. */
  #ready(lane: Lane): Entry | undefined {
    const { tail } = this.#source;
    if (tail === undefined || lane.file !== undefined) return undefined;
    for (let entry = tail.at(lane.at); entry !== undefined; entry = tail.at(lane.at)) {
      lane.at = entry.end;
      if (this.#picks(lane, entry)) return entry;
    }
    return undefined;
  }

  /** Whether the file has more for the lane than memory does. */
  #isBehind(lane: Lane): boolean {
    const { tail } = this.#source;
    if (tail !== undefined) return lane.at < tail.start || (lane.file !== undefined && lane.at < tail.end);
    return this.#end === undefined || lane.at < this.#end.at;
  }

  async #read(lane: Lane): Promise<Entry | undefined> {
    const { path, tail } = this.#source;
    lane.file ??= new JournalReader(path, { from: lane.at })[Symbol.asyncIterator]();
    while (!this.#isClosed) {
      // Up to here all is in the file.
      const written = tail?.start ?? 0;
      const next = await lane.file.next();
      if (next.done) {
        lane.file = undefined;
        // A journal that nobody writes and that has no ending was cut off, as was one that is shorter than what was written.
        if (tail === undefined ? this.#end === undefined : lane.at < written) throw damagedJournal(path, lane.at);
        return undefined;
      }
      const { kind, payload, end } = next.value;
      lane.at = end;
      const entry: Entry = { kind, parts: [payload], end };
      const isPicked = this.#picks(lane, entry);
      if (tail !== undefined && lane.at >= tail.start) this.#leaveFile(lane);
      if (isPicked) return entry;
      if (lane.file === undefined) return this.#ready(lane);
    }
    return undefined;
  }

  #picks(lane: Lane, { kind, parts, end }: Entry): boolean {
    if (lane.name === 'logs') return kind === 'logs';
    if (kind !== 'control') return kind === 'records';
    const control = decodeControl(parts.length === 1 ? parts[0]! : Buffer.concat(parts));
    if (control.type === 'ended') this.#end = { at: end, failure: control.failure };
    return false;
  }

  #leaveFile(lane: Lane): void {
    void lane.file?.return?.();
    lane.file = undefined;
  }
}

function damagedJournal(path: string, offset: number): MegalithError {
  return new MegalithError('JOURNAL_FAILED', `the journal "${path}" cannot be read from byte ${offset} on`, {
    hint: 'what came before is right; run the job again under a new id for the rest',
    details: { path, offset },
  });
}
