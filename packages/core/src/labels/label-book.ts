import { lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { isLower, isMegalithError, type Label, MegalithError } from '@megalith/agent';
import { ClaimLock, waitForClaim } from '../audit/claim-lock.js';
import { LabelFolder } from './label-folder.js';
import { type FoundLabel, higherOf, highestSince, highestUpwards, type LabelRecord, withNote } from './label-record.js';
import type { CarriedLabel } from './labelled.js';
import { withoutLinks } from './without-links.js';

const patienceMs = 10_000;

export interface LabelBookOptions {
  /** Epoch milliseconds. @defaultValue the clock of this machine */
  readonly now?: () => number;
}

/** A path that has a label. */
export type LabelledPath = FoundLabel;

/**
 * Which files carry which labels, under `<home>/labels`: what a labelled job left is as sensitive as the job was. Several processes may use
 * it at a time. Files are known by their paths, without links: one that is moved or copied away loses its label. What must never lose it
 * belongs into a folder that `policy.paths` names.
 */
export class LabelBook {
  readonly #home: string;
  readonly #folder: LabelFolder;
  readonly #now: () => number;

  constructor(home: string, { now = Date.now }: LabelBookOptions = {}) {
    this.#home = join(home, 'labels');
    this.#folder = new LabelFolder(this.#home);
    this.#now = now;
  }

  /**
   * Gives files or folders a label, or a higher one. A folder's counts for all in it.
   * @param from in words: `job "assemble" (2f9c…)`
   * @throws MegalithError JOURNAL_FAILED
   */
  async note(paths: string | readonly string[], label: Label, from: string): Promise<void> {
    const all = await withoutLinks([paths].flat());
    await this.#change(() => {
      const at = this.#now();
      for (const path of all) this.#folder.write(withNote(this.#folder.read(path), { path, label, at, from }));
    });
  }

  /**
   * The labels of what a job reads: of each path the highest that it has itself, that a folder above it has, or that something in it has.
   * A path without any is left out.
   * @throws MegalithError JOURNAL_FAILED where a label can't be read
   */
  async labelsUnder(paths: string | readonly string[]): Promise<readonly CarriedLabel[]> {
    const found = await this.find(paths);
    return found.map(({ path, label, from }) => ({ label, from: `"${path}" (${from})` }));
  }

  /** The same, with the path that has the label. */
  async find(paths: string | readonly string[]): Promise<readonly LabelledPath[]> {
    const all = await withoutLinks([paths].flat());
    return this.#read(() =>
      all.flatMap(path => {
        const inside = this.#folder.below(path).filter(isThere).map(whole);
        return inside.reduce(higherOf, highestUpwards(this.#folder.upwards(path))) ?? [];
      }),
    );
  }

  /** Every path that was given a label, in order, with the one that it has. */
  async all(): Promise<readonly LabelledPath[]> {
    return this.#read(() =>
      this.#folder
        .all()
        .flatMap(record => whole(record) ?? [])
        .sort((one, other) => (one.path < other.path ? -1 : 1)),
    );
  }

  /**
   * Lowers the label of paths and of all that is in them, whatever they got until now. Only `declassify` may do that.
   * @throws MegalithError JOURNAL_FAILED
   */
  async lower(paths: string | readonly string[], to: Label, from: string): Promise<void> {
    const all = await withoutLinks([paths].flat());
    await this.#change(() => {
      const at = this.#now();
      for (const path of all) {
        for (const record of this.#folder.below(path)) {
          const label = whole(record)?.label;
          if (label !== undefined && isLower(to, label)) this.#folder.write(cleared(record.path, to, at, from));
        }
        this.#folder.write(cleared(path, to, at, from));
      }
    });
  }

  async #change(change: () => void): Promise<void> {
    mkdirSync(this.#home, { recursive: true, mode: 0o700 });
    const claim = await waitForClaim(new ClaimLock(join(this.#home, 'claims')), patienceMs);
    if (claim === undefined) {
      throw new MegalithError(
        'JOURNAL_FAILED',
        `another process has the labels in "${this.#home}" and does not let go`,
        {
          hint: 'end it, or let it go on',
          details: { path: this.#home, patienceMs },
        },
      );
    }
    try {
      this.#read(change);
    } finally {
      claim.release();
    }
  }

  #read<T>(run: () => T): T {
    try {
      return run();
    } catch (error) {
      if (isMegalithError(error) || (error as NodeJS.ErrnoException).syscall === undefined) throw error;
      throw new MegalithError(
        'JOURNAL_FAILED',
        `the labels in "${this.#home}" can't be read or written: ${(error as Error).message}`,
        {
          hint: 'check the permissions of the folder, and that the disk has room',
          details: { path: this.#home },
          cause: error,
        },
      );
    }
  }
}

function whole(record: LabelRecord): FoundLabel | undefined {
  return highestSince(record, Number.NEGATIVE_INFINITY);
}

function cleared(path: string, label: Label, at: number, from: string): LabelRecord {
  return { path, notes: { [label]: { at, from } }, clearedAt: at };
}

/** What is gone brings no data along. */
function isThere({ path }: LabelRecord): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
