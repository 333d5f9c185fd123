import { inTime } from '../../storage/in-time.js';
import type { Storage } from '../../storage/storage.js';
import type { JobProfile } from '../job-profile.js';
import { emptyHistory, type History, mergeHistories, withSamples } from './history.js';
import type { HistoryFile } from './history-file.js';
import { HistoryFolder } from './history-folder.js';
import { profileFrom } from './profile-from.js';
import { SharedHistory } from './shared-history.js';
import type { TaskSample } from './task-sample.js';

/** What was pulled is good for so long, milliseconds. */
const freshMs = 5 * 60_000;
/** A job does not wait longer for what others have learned, milliseconds. */
const pullMs = 1500;
/** What was learned is pushed for so long beside other work, and for so long at the end, milliseconds. */
const pushMs = 30_000;
const lastPushMs = 3000;

export interface HistoryOptions {
  /** Histories lie in its folder `history`. */
  readonly home: string;
  /** Shares them with other homes; it is closed with the histories. @defaultValue none */
  readonly store?: Storage;
  /** Told what failed: none of it fails a job. */
  readonly warn: (message: string) => void;
  /** Of so many pieces of code it remembers. @defaultValue 2,000 */
  readonly limit?: number;
  /** @defaultValue the time */
  readonly now?: () => number;
}

export function openHistory(options: HistoryOptions): HistoryStore {
  return new HistoryStore(options);
}

/** What earlier runs of code have shown: kept in a home, and shared through a store. Nothing in it ever throws. */
export class HistoryStore {
  readonly #folder: HistoryFolder;
  readonly #store: Storage | undefined;
  readonly #shared: SharedHistory | undefined;
  readonly #warn: (message: string) => void;
  readonly #now: () => number;
  readonly #ending = new AbortController();
  /** Of each piece of code one change after another. */
  readonly #changes = new Map<string, Promise<void>>();
  readonly #pushes = new Map<string, Promise<void>>();
  readonly #adding = new Set<Promise<void>>();
  #failedAt = Number.NEGATIVE_INFINITY;

  constructor({ home, store, warn, limit, now = Date.now }: HistoryOptions) {
    this.#folder = new HistoryFolder(home, warn, limit);
    this.#store = store;
    this.#shared = store && new SharedHistory(store);
    this.#warn = warn;
    this.#now = now;
  }

  /** What is known of a piece of code; asks the store where this home knows nothing, or has not asked for some minutes. */
  async find(codeHash: string): Promise<History | undefined> {
    const file = await this.#read(codeHash);
    const isFresh = this.#isRecent(file?.pulledAt) || this.#isRecent(this.#failedAt);
    if (this.#shared === undefined || isFresh) return known(file?.history);
    return known(await this.#pull(codeHash, this.#shared, file));
  }

  /** What to expect of a job's tasks: see `profileFrom`. @param at as of this time. @defaultValue now */
  async profile(codeHash: string, cpus: number, at = this.#now()): Promise<JobProfile | undefined> {
    const history = await this.find(codeHash);
    return history && profileFrom(history, at, cpus);
  }

  /** Keeps what attempts told; the store learns it in the background. */
  async add(codeHash: string, samples: readonly TaskSample[]): Promise<void> {
    if (samples.length === 0) return;
    const adding = this.#add(codeHash, samples);
    this.#adding.add(adding);
    await adding.finally(() => this.#adding.delete(adding));
  }

  /** Waits for what is on its way to the store, for three seconds at most. */
  async close(): Promise<void> {
    await Promise.all(this.#adding);
    const limit = setTimeout(() => this.#ending.abort(), lastPushMs);
    await Promise.all(this.#pushes.values());
    clearTimeout(limit);
    this.#ending.abort();
    this.#store?.close();
  }

  async #add(codeHash: string, samples: readonly TaskSample[]): Promise<void> {
    const kept = await this.#update(codeHash, file => ({
      ...file,
      history: withSamples(file?.history ?? emptyHistory, samples),
    }));
    // A store that failed learns it with the next push: each has the whole history.
    if (kept && this.#shared && !this.#isRecent(this.#failedAt)) this.#push(codeHash, this.#shared);
  }

  async #read(codeHash: string): Promise<HistoryFile | undefined> {
    try {
      return await this.#folder.read(codeHash);
    } catch (error) {
      this.#warn(`what earlier runs have shown can't be read: ${(error as Error).message}`);
      return undefined;
    }
  }

  async #update(
    codeHash: string,
    change: (file: HistoryFile | undefined) => HistoryFile,
  ): Promise<HistoryFile | undefined> {
    const before = this.#changes.get(codeHash) ?? Promise.resolve();
    const updating = before
      .then(() => this.#folder.update(codeHash, change))
      .catch((error: unknown) => {
        this.#warn(`what this run has shown can't be kept: ${(error as Error).message}`);
        return undefined;
      });
    const settled = updating.then(() => undefined);
    this.#changes.set(codeHash, settled);
    const file = await updating;
    if (this.#changes.get(codeHash) === settled) this.#changes.delete(codeHash);
    return file;
  }

  async #pull(codeHash: string, shared: SharedHistory, file: HistoryFile | undefined): Promise<History | undefined> {
    let pulled: History | undefined;
    try {
      const limits = { what: 'to ask it', deadlineMs: pullMs, signal: this.#ending.signal };
      pulled = await inTime(limits, signal => shared.pull(codeHash, signal));
    } catch (error) {
      this.#tell(error);
    }
    // A store that failed is not asked again at once either.
    const pulledAt = this.#now();
    const withPulled = (history: History) => (pulled === undefined ? history : mergeHistories(history, pulled));
    const kept = await this.#update(codeHash, there => ({
      history: withPulled(there?.history ?? emptyHistory),
      pulledAt,
    }));
    return kept?.history ?? withPulled(file?.history ?? emptyHistory);
  }

  /** One push of a piece of code at a time: the next takes along what was added meanwhile. */
  #push(codeHash: string, shared: SharedHistory): void {
    const before = this.#pushes.get(codeHash) ?? Promise.resolve();
    const pushing: Promise<void> = before
      .then(async () => {
        if (this.#pushes.get(codeHash) !== pushing) return;
        const file = await this.#read(codeHash);
        if (file === undefined) return;
        const limits = { what: 'to tell it', deadlineMs: pushMs, signal: this.#ending.signal };
        await inTime(limits, signal => shared.push(codeHash, file.history, signal));
      })
      .catch((error: unknown) => this.#tell(error))
      .finally(() => {
        if (this.#pushes.get(codeHash) === pushing) this.#pushes.delete(codeHash);
      });
    this.#pushes.set(codeHash, pushing);
  }

  /** Once in a while is enough: a store that is away is away for every job. */
  #tell(error: unknown): void {
    if (this.#isRecent(this.#failedAt)) return;
    this.#failedAt = this.#now();
    this.#warn(`the store of shared histories failed: ${(error as Error).message}`);
  }

  #isRecent(at = Number.NEGATIVE_INFINITY): boolean {
    const age = this.#now() - at;
    return age >= 0 && age < freshMs;
  }
}

function known(history: History | undefined): History | undefined {
  return history === undefined || history.samples.length === 0 ? undefined : history;
}
