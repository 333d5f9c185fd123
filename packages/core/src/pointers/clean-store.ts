import type { OpenStore } from '../storage/open-store.js';
import type { StoredObject } from '../storage/storage.js';
import { isPast, jobOfKey, jobPrefix } from './key-layout.js';

export interface CleanLimits {
  /** Objects of these jobs go, and no others. @defaultValue those of all jobs that are old enough, and all whose time is over */
  readonly jobs?: readonly string[] | undefined;
  /** A job's objects stay until the newest of them is so old, milliseconds. */
  readonly olderThanMs: number;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Objects of a job that runs stay, however old they are. */
  readonly isRunning: (job: string) => Promise<boolean>;
  readonly dryRun: boolean;
  /** Hears of each object that goes, or would. */
  readonly onObject?: ((object: StoredObject) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface CleanedObjects {
  readonly objects: number;
  readonly bytes: number;
}

/** What stores take in one request. */
const keysAtOnce = 1000;

/**
 * Removes objects whose time is over, and nothing that tasks and `executor.storage` did not put. It may be ended at any moment and repeated: the keys
 * alone say what is to go. Holds the keys of one job in memory.
 * @throws MegalithError STORE_FAILED, CANCELLED
 */
export async function cleanStore(store: OpenStore, limits: CleanLimits): Promise<CleanedObjects> {
  const options = limits.signal === undefined ? {} : { signal: limits.signal };
  const removal = new Removal(store, limits);
  if (limits.jobs !== undefined) {
    for (const job of limits.jobs) {
      for await (const object of store.list(jobPrefix(job), options)) {
        if (jobOfKey(object.key) === job) await removal.add([object]);
      }
    }
    return removal.end();
  }
  for await (const { job, objects } of byJob(store.list('jobs/', options))) {
    const newestAt = objects.reduce((newest, { modifiedAt }) => Math.max(newest, modifiedAt), 0);
    if (limits.now - newestAt > limits.olderThanMs && !(await limits.isRunning(job))) await removal.add(objects);
  }
  for await (const object of store.list('ttl/', options))
    if (isPast(object.key, limits.now)) await removal.add([object]);
  return removal.end();
}

/** Keys come in order: those of a job are together. */
async function* byJob(
  objects: AsyncIterable<StoredObject>,
): AsyncGenerator<{ readonly job: string; readonly objects: readonly StoredObject[] }> {
  let group: { readonly job: string; readonly objects: StoredObject[] } | undefined;
  for await (const object of objects) {
    const job = jobOfKey(object.key);
    if (job === undefined) continue;
    if (group?.job === job) group.objects.push(object);
    else {
      if (group !== undefined) yield group;
      group = { job, objects: [object] };
    }
  }
  if (group !== undefined) yield group;
}

class Removal {
  readonly #store: OpenStore;
  readonly #limits: CleanLimits;
  #waiting: string[] = [];
  #objects = 0;
  #bytes = 0;

  constructor(store: OpenStore, limits: CleanLimits) {
    this.#store = store;
    this.#limits = limits;
  }

  async add(objects: readonly StoredObject[]): Promise<void> {
    for (const object of objects) {
      this.#limits.onObject?.(object);
      this.#objects++;
      this.#bytes += object.bytes;
      this.#waiting.push(object.key);
      if (this.#waiting.length === keysAtOnce) await this.#remove();
    }
  }

  async end(): Promise<CleanedObjects> {
    await this.#remove();
    return { objects: this.#objects, bytes: this.#bytes };
  }

  async #remove(): Promise<void> {
    const keys = this.#waiting;
    this.#waiting = [];
    const { dryRun, signal } = this.#limits;
    if (!dryRun && keys.length > 0) await this.#store.delete(keys, signal === undefined ? {} : { signal });
  }
}
