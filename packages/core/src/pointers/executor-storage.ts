import { constants } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import {
  type CloudObject,
  decodeValue,
  encodeValue,
  higherLabel,
  isLabel,
  type Label,
  MegalithError,
  nameOf,
} from '@megalith/agent';
import { parseDuration } from '../config/duration.js';
import type { Config } from '../config/read-config.js';
import { newJobId } from '../executor/job-id.js';
import { labelVariable } from '../executor/job-settings.js';
import type { OpenStore } from '../storage/open-store.js';
import type { ByteRange, StoredObject } from '../storage/storage.js';
import { type CleanedObjects, cleanStore } from './clean-store.js';
import { contentOfKey, jobPrefix, type Keep, prefixOf } from './key-layout.js';
import { runningJobs } from './running-jobs.js';
import type { StoresHere } from './stores-here.js';

interface Signalled {
  readonly signal?: AbortSignal;
}

interface InStore extends Signalled {
  /** Name in the config, or URL. @defaultValue `data.store` of the config, else `objects` in the home */
  readonly store?: string;
}

export interface StoragePutOptions extends InStore {
  /** What its key ends with, for people. @defaultValue nothing */
  readonly name?: string;
  /** How sensitive it is. @defaultValue what the policy says of data of which nobody says anything */
  readonly label?: Label;
  /** At least so long it stays; or for good. @defaultValue '7d' */
  readonly keep?: Exclude<Keep, 'job'>;
}

export interface StorageCleanOptions extends InStore {
  /** All objects of these jobs, at once, whether they run or not. @defaultValue of all jobs that ended and are old, and what its time is over for */
  readonly jobs?: readonly string[];
  /** Objects of a job go when the newest of them is so old. @defaultValue '7d' */
  readonly olderThan?: number | string;
  /** Only tells. @defaultValue false */
  readonly dryRun?: boolean;
  /** Hears of each object that goes, or would. Must not throw. */
  readonly onObject?: (object: StoredObject) => void;
}

/** What it works with. */
export interface StorageSurroundings {
  readonly stores: StoresHere;
  readonly config: () => Promise<Config>;
  readonly home: string;
  /** Ids of the jobs that run in this program. */
  readonly running: () => ReadonlySet<string>;
}

/**
 * Objects of stores, as the client sees them: what tasks have put, and what they are to read. All throw what stores throw: MegalithError
 * STORE_FAILED, NO_CREDENTIALS, NOT_CONFIGURED, CONFIG, POLICY, CANCELLED.
 */
export class ExecutorStorage {
  readonly #here: StorageSurroundings;

  constructor(here: StorageSurroundings) {
    this.#here = here;
  }

  /** Puts a value, or bytes as they are. @throws MegalithError POLICY for a label above the store's clearance; NOT_SERIALIZABLE */
  async put(content: unknown, options: StoragePutOptions = {}): Promise<CloudObject> {
    const { name, keep = '7d', label, signal } = options;
    const { policy } = await this.#here.config();
    const store = await this.#store(options.store);
    const isBytes = content instanceof Uint8Array || isStream(content);
    const body = content instanceof Uint8Array || isStream(content) ? content : encodeValue(content);
    const ending = name === undefined ? '' : `-${name.replace(/[^A-Za-z0-9._-]+/g, '_').slice(0, 100)}`;
    const own = `client-1-${isBytes ? 'b' : 'v'}${randomBytes(8).toString('hex')}${ending}`;
    const put = await store.put(`${prefixOf(keep, newJobId(), Date.now())}${own}`, body, {
      label: higherLabel(label ?? policy.defaultLabel, labelOfTask()),
      ...(signal === undefined ? {} : { signal }),
    });
    return pointerTo(put, store, isBytes ? 'bytes' : 'value');
  }

  /** The value, or the bytes. @throws MegalithError NOT_FOUND, DATA_CHANGED; OVER_MEMORY for what no array can hold */
  async get<T = unknown>(object: CloudObject, { signal }: Signalled = {}): Promise<T> {
    if (object.bytes > constants.MAX_LENGTH) {
      throw new MegalithError('OVER_MEMORY', `"${nameOf(object)}" is too large for one array`, {
        hint: 'take it by stream()',
      });
    }
    const bytes = new Uint8Array(object.bytes);
    let at = 0;
    for await (const chunk of this.stream(object, signal === undefined ? {} : { signal })) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    return (object.content === 'value' ? decodeValue(bytes) : bytes) as T;
  }

  /** Its bytes as they come. @throws MegalithError NOT_FOUND, DATA_CHANGED */
  async *stream(
    object: CloudObject,
    { range, signal }: Signalled & { readonly range?: ByteRange } = {},
  ): AsyncGenerator<Uint8Array> {
    const store = await this.#here.stores.open(object.store);
    const stored = await store.get(object.key, {
      ...(range === undefined ? {} : { range }),
      ...(signal === undefined ? {} : { signal }),
    });
    if (stored.object.etag !== object.etag || stored.object.bytes !== object.bytes) {
      // Ends what was opened.
      for await (const _ of stored) break;
      throw new MegalithError(
        'DATA_CHANGED',
        `"${nameOf(object)}" is another object than the one that was pointed to`,
        {
          hint: 'take a new pointer to it',
        },
      );
    }
    yield* stored;
  }

  /** What there is now where a pointer leads; undefined where there is nothing. */
  async head(object: CloudObject, options: Signalled = {}): Promise<StoredObject | undefined> {
    return (await this.#here.stores.open(object.store)).head(object.key, options);
  }

  /** Deletes objects, in whatever stores they are. One that is not there is no error. */
  async delete(objects: CloudObject | Iterable<CloudObject>, options: Signalled = {}): Promise<void> {
    const byStore = new Map<string, string[]>();
    for (const { store, key } of Symbol.iterator in objects ? objects : [objects]) {
      const keys = byStore.get(store);
      if (keys === undefined) byStore.set(store, [key]);
      else keys.push(key);
    }
    for (const [store, keys] of byStore) await (await this.#here.stores.open(store)).delete(keys, options);
  }

  /** What the tasks of a job have put and is still there, also those that failed; not what was put to be kept for longer than the job. */
  async *list(job: string | { readonly id: string }, options: InStore = {}): AsyncGenerator<CloudObject> {
    const { signal } = options;
    const store = await this.#store(options.store);
    const prefix = jobPrefix(typeof job === 'string' ? job : job.id);
    for await (const object of store.list(prefix, signal === undefined ? {} : { signal })) {
      const content = contentOfKey(object.key);
      if (content !== undefined) yield pointerTo(object, store, content);
    }
  }

  /** Removes what is not needed any more; may be ended and repeated at any time. Nothing else than what `put` puts is ever touched. */
  async clean(options: StorageCleanOptions = {}): Promise<CleanedObjects> {
    const { jobs, olderThan = '7d', dryRun = false, onObject, signal } = options;
    const { home, running } = this.#here;
    const olderThanMs = parseDuration(olderThan);
    const store = await this.#store(options.store);
    const inJournals = await runningJobs(home);
    return cleanStore(store, {
      jobs,
      olderThanMs,
      now: Date.now(),
      isRunning: async job => running().has(job) || (await inJournals(job)),
      dryRun,
      onObject,
      signal,
    });
  }

  async #store(name: string | undefined): Promise<OpenStore> {
    const { stores, config } = this.#here;
    return stores.open(name ?? (await config()).data?.store ?? stores.ownUrl);
  }
}

/** Of the task that this program runs in. */
function labelOfTask(): Label | undefined {
  const label = process.env[labelVariable];
  return label === undefined || isLabel(label) ? label : 'restricted';
}

function pointerTo(
  { key, etag, bytes, label }: StoredObject,
  store: OpenStore,
  content: 'bytes' | 'value',
): CloudObject {
  const pointer = { megalith: 'object', store: store.url, key, etag, bytes, content } as const;
  return label === undefined ? pointer : { ...pointer, label };
}

function isStream(content: unknown): content is AsyncIterable<Uint8Array> {
  return typeof content === 'object' && content !== null && Symbol.asyncIterator in content;
}
