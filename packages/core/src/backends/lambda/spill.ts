import { type Label, MegalithError } from '@megalith/agent';
import { requireClearance } from '../../placement/clearance.js';
import type { Storage } from '../../storage/storage.js';

/** A store, and the highest label of data that may go there. */
export type ClearedStore = Storage & { readonly clearance: Label };

/** Where everything is that functions and this client pass to each other through a store. */
const spillFolder = 'spill/';
/** A presigned URL outlives the longest wait for a call, and the call; sessions of most roles end sooner than that. */
const urlForMs = 3_600_000;
/** So old a URL may be when a call gets it. */
export const freshForMs = 15 * 60_000;
/** Larger than any answer of tasks that fit a function. */
const mostAnswerBytes = 2 ** 31;

/** What was stored, and the URL to read it. */
export interface StoredBytes {
  readonly key: string;
  readonly get: string;
}

/** Where something may be stored, and the URL to write it. */
export interface StoredPlace {
  readonly key: string;
  readonly put: string;
  /** Milliseconds of this process. */
  readonly signedAt: number;
}

/** Whose data it is. */
interface SpillingJob {
  readonly id: string;
  readonly name: string;
  readonly label: Label;
}

/** What of one job's calls goes through a store: objects under `spill/JOB/`, gone when the job is over. */
export class Spill {
  readonly #store: ClearedStore;
  readonly #job: SpillingJob;
  readonly #presign: NonNullable<Storage['presign']>;
  #count = 0;
  /** Objects that may be there. */
  readonly #keys = new Set<string>();
  /** Signing takes as long as all else that a call costs this program. */
  readonly #free: StoredPlace[] = [];
  readonly #dropping = new Set<Promise<unknown>>();

  private constructor(store: ClearedStore, job: SpillingJob, presign: NonNullable<Storage['presign']>) {
    this.#store = store;
    this.#job = job;
    this.#presign = presign;
  }

  /** Undefined for a store that cannot give others access. */
  static of(store: ClearedStore, job: SpillingJob): Spill | undefined {
    const { presign } = store;
    return presign === undefined ? undefined : new Spill(store, job, presign.bind(store));
  }

  /** Stores bytes for functions to read. @throws MegalithError POLICY, STORE_FAILED, NO_CREDENTIALS */
  async put(bytes: Uint8Array, signal?: AbortSignal): Promise<StoredBytes> {
    const key = this.#key('in');
    await this.#store.put(key, bytes, { label: this.#job.label, ...(signal === undefined ? {} : { signal }) });
    return { key, get: await this.signed(key) };
  }

  /** Another URL for what was stored. */
  signed(key: string): Promise<string> {
    return this.#presign(key, 'GET', urlForMs, this.#job.label);
  }

  /** A place that a function may write to. @throws MegalithError POLICY, STORE_FAILED, NO_CREDENTIALS */
  async place(): Promise<StoredPlace> {
    for (let free = this.#free.pop(); free !== undefined; free = this.#free.pop()) {
      if (performance.now() - free.signedAt < freshForMs) return free;
    }
    const key = this.#key('out');
    const signedAt = performance.now();
    return { key, put: await this.#presign(key, 'PUT', urlForMs, this.#job.label), signedAt };
  }

  /** What a function wrote. @throws MegalithError NOT_FOUND, STORE_FAILED */
  async read(key: string, signal: AbortSignal): Promise<Buffer> {
    const parts: Uint8Array[] = [];
    let length = 0;
    for await (const part of await this.#store.get(key, { signal })) {
      length += part.length;
      if (length > mostAnswerBytes)
        throw new MegalithError('OVER_PAYLOAD', `"${key}" is larger than any answer may be`);
      parts.push(part);
    }
    return Buffer.concat(parts, length);
  }

  /** A place that nothing was written to, and nothing will be: another call may have it. */
  unused(place: StoredPlace): void {
    this.#free.push(place);
  }

  /** Deletes what is not needed any more, without being waited for. What cannot be deleted now is tried again at the end. */
  drop(key: string): void {
    this.#keys.delete(key);
    const dropped = this.#store
      .delete([key])
      .catch(() => this.#keys.add(key))
      .finally(() => this.#dropping.delete(dropped));
    this.#dropping.add(dropped);
  }

  /**
   * The job is over: deletes all that may be left. What stays even so is swept when it is old, see `sweepSpilled`.
   * @throws MegalithError STORE_FAILED
   */
  async close(): Promise<void> {
    await Promise.all(this.#dropping);
    if (this.#keys.size > 0) await this.#store.delete([...this.#keys]);
  }

  #key(kind: 'in' | 'out'): string {
    const { id, name, label } = this.#job;
    requireClearance(label, { name: this.#store.url, clearance: this.#store.clearance }, name);
    const key = `${spillFolder}${id}/${kind}-${++this.#count}`;
    this.#keys.add(key);
    return key;
  }
}

/** A client that dies leaves its objects: longer than this no call needs one, milliseconds. */
const leftAfterMs = 2 * 86_400_000;

/** Deletes what clients that died have left. @param today epoch milliseconds @returns how many */
export async function sweepSpilled(storage: Storage, today: number, signal?: AbortSignal): Promise<number> {
  const old: string[] = [];
  const options = signal === undefined ? {} : { signal };
  for await (const { key, modifiedAt } of storage.list(spillFolder, options)) {
    if (today - modifiedAt > leftAfterMs) old.push(key);
  }
  if (old.length > 0) await storage.delete(old, options);
  return old.length;
}
