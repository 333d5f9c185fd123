import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { isMegalithError, MegalithError } from '@megalith/agent';
import { Promised } from '../executor/promised.js';
import { appendLines } from './append-lines.js';
import type { AuditEntry } from './audit-entry.js';
import { auditFolder, headPath, segmentPath } from './audit-files.js';
import type { ChainEnd, LineFacts } from './audit-line.js';
import { type Claim, ClaimLock, waitForClaim } from './claim-lock.js';
import { DiskSync } from './disk-sync.js';
import { whoRuns } from './who-runs.js';

const defaultSegmentBytes = 64 * 2 ** 20;
const defaultPatienceMs = 10_000;

export interface AuditOptions {
  /** Epoch milliseconds. @defaultValue the clock of this machine */
  readonly now?: () => number;
  /** @defaultValue `user@host` */
  readonly who?: string;
  /** A file of the log is closed at this length, and the next begun. @defaultValue 64 MiB */
  readonly segmentBytes?: number;
  /** So long other writers may have the log, milliseconds. @defaultValue 10 s */
  readonly patienceMs?: number;
}

/** The log of all decisions about labelled data, see `openAudit`. */
export interface Audit {
  /**
   * Settles once the entry is in the log, where it outlives this process. Entries of one turn are written together.
   * @returns its number and its hash
   * @throws MegalithError JOURNAL_FAILED where it can't be written: then what it is about must not happen
   */
  append(entry: AuditEntry): Promise<ChainEnd>;
  /** Waits for what was appended, and for the disk. Idempotent. */
  close(): Promise<void>;
}

interface Waiting {
  readonly facts: LineFacts;
  readonly written: Promised<ChainEnd>;
}

/**
 * Opens the append-only, hash-chained log under `<home>/audit`, which any number of processes may write to. Nothing is read or made before
 * the first entry.
 */
export function openAudit(home: string, options: AuditOptions = {}): Audit {
  return new AuditLog(home, options);
}

class AuditLog implements Audit {
  readonly #folder: string;
  readonly #lock: ClaimLock;
  readonly #options: AuditOptions;
  #queue: Waiting[] = [];
  #writing: Promise<void> | undefined;
  readonly #disk: DiskSync;
  #isClosed = false;

  constructor(home: string, options: AuditOptions) {
    this.#folder = auditFolder(home);
    this.#lock = new ClaimLock(join(this.#folder, 'claims'));
    this.#disk = new DiskSync([segmentPath(this.#folder), headPath(this.#folder)]);
    this.#options = options;
  }

  append(entry: AuditEntry): Promise<ChainEnd> {
    if (this.#isClosed) return Promise.reject(new Error('the audit log is closed'));
    const at = (this.#options.now ?? Date.now)();
    const facts = { entry, at, who: this.#options.who ?? whoRuns() };
    const written = new Promised<ChainEnd>();
    this.#queue.push({ facts, written });
    this.#writing ??= this.#write();
    return written.promise;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#writing;
    try {
      await this.#disk.settled();
    } catch (error) {
      throw this.#failed(error);
    }
  }

  async #write(): Promise<void> {
    // A microtask later, so that entries of one turn share one write.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      let batch: readonly Waiting[] = [];
      try {
        const claim = await this.#claim();
        batch = this.#taken();
        const lines = this.#writeBatch(batch, claim);
        this.#disk.wish();
        for (const [i, { seq, hash }] of lines.entries()) batch[i]!.written.resolve({ seq, hash });
      } catch (error) {
        const failure = this.#failed(error);
        for (const { written } of batch.length > 0 ? batch : this.#taken()) written.reject(failure);
      }
    }
    // In the turn that found the queue empty: what is appended next begins anew.
    this.#writing = undefined;
  }

  #writeBatch(batch: readonly Waiting[], claim: Claim): readonly ChainEnd[] {
    const facts = batch.map(each => each.facts);
    try {
      return appendLines(this.#folder, facts, this.#options.segmentBytes ?? defaultSegmentBytes);
    } finally {
      claim.release();
    }
  }

  #taken(): readonly Waiting[] {
    const all = this.#queue;
    this.#queue = [];
    return all;
  }

  async #claim(): Promise<Claim> {
    const patienceMs = this.#options.patienceMs ?? defaultPatienceMs;
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const claim = await waitForClaim(this.#lock, patienceMs);
    if (claim !== undefined) return claim;
    throw new MegalithError(
      'JOURNAL_FAILED',
      `another process has the audit log "${this.#folder}" and does not let go`,
      {
        hint: 'end it, or let it go on: what has no entry in the log must not run',
        details: { path: this.#folder, patienceMs },
      },
    );
  }

  #failed(error: unknown): MegalithError {
    if (isMegalithError(error)) return error;
    return new MegalithError(
      'JOURNAL_FAILED',
      `the audit log "${this.#folder}" can't be written: ${(error as Error).message}`,
      {
        hint: 'check the permissions of the folder, and that the disk has room, or let MEGALITH_HOME name another folder: what has no entry in the log must not run',
        details: { path: this.#folder },
        cause: error,
      },
    );
  }
}
