import { type Label, MegalithError } from '@megalith/agent';
import { requireClearance } from '../placement/clearance.js';
import { folderOfUrl } from './folder-of-url.js';
import type { Storage, StoredObject } from './storage.js';

/** One entry of the section `stores` of the config. */
export interface StoreSettings {
  readonly name: string;
  /** `s3://bucket/prefix`, `azure://account/container/prefix`, `redis://host/0?prefix=name`, `file:///folder`, or the path of a folder. */
  readonly url: string;
  /** @defaultValue what AWS's own configuration says */
  readonly region?: string | undefined;
  /** Of a server that speaks S3 and is not AWS's, or Azure's API and is not Azure's. */
  readonly endpoint?: string | undefined;
  /** Whether the bucket stands in the path of URLs, and not in the name of the host. @defaultValue true with an endpoint, else false */
  readonly pathStyle?: boolean | undefined;
  /** The highest label of data that may lie there. @defaultValue 'internal' */
  readonly clearance?: Label | undefined;
}

/** A store with the name and the clearance that the config gives it. What has a higher label it does not take. */
export interface OpenStore extends Storage {
  readonly name: string;
  readonly clearance: Label;
}

export type StorageFactory = (settings: StoreSettings) => Storage | Promise<Storage>;

const redis: StorageFactory = async ({ url }) => new (await import('./redis-store.js')).RedisStore(url);
const factories = new Map<string, StorageFactory>([
  ['azure', async ({ url, ...address }) => new (await import('./azure-store.js')).AzureStore(url, address)],
  ['file', async ({ url }) => new (await import('./fs-store.js')).FsStore(folderOfUrl(url))],
  ['redis', redis],
  ['rediss', redis],
  ['s3', async ({ url, ...address }) => new (await import('./s3-store.js')).S3Store(url, address)],
]);

/** Makes stores known by the scheme of their URLs. The last registration of a scheme wins. */
export function registerStorage(scheme: string, factory: StorageFactory): void {
  factories.set(scheme, factory);
}

/** Connects to nothing yet. @throws MegalithError NOT_CONFIGURED for a scheme that nobody registered, CONFIG for a bad URL */
export async function openStore(settings: StoreSettings): Promise<OpenStore> {
  const { name, url, clearance = 'internal' } = settings;
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(url)?.[1]?.toLowerCase() ?? 'file';
  const factory = factories.get(scheme);
  if (factory === undefined) {
    const known = [...factories.keys()];
    throw new MegalithError('NOT_CONFIGURED', `there is no kind of store "${scheme}", which "${name}" is to be`, {
      hint: `known kinds: ${known.map(each => `${each}://`).join(', ')}`,
      details: { known },
    });
  }
  return guarded(await factory(settings), name, clearance);
}

/**
 * The last gate in front of a store.
 * @param job whose data it is, for the error
 * @throws MegalithError POLICY where the label is above the store's clearance
 */
export function requireStoreClearance(label: Label, store: Pick<OpenStore, 'name' | 'clearance'>, job: string): void {
  requireClearance(label, { name: `store "${store.name}"`, clearance: store.clearance }, job);
}

/** Of an object that nobody gave a label, all is known that its store may hold it. */
export function labelOfStored(object: Pick<StoredObject, 'label'>, store: Pick<OpenStore, 'clearance'>): Label {
  return object.label ?? store.clearance;
}

function guarded(storage: Storage, name: string, clearance: Label): OpenStore {
  const store = { name, clearance };
  const { grant, presign } = storage;
  return {
    ...store,
    url: storage.url,
    put: async (key, body, options) => {
      if (options?.label !== undefined) requireStoreClearance(options.label, store, key);
      return storage.put(key, body, options);
    },
    get: (key, options) => storage.get(key, options),
    head: (key, options) => storage.head(key, options),
    list: (prefix, options) => storage.list(prefix, options),
    delete: (keys, options) => storage.delete(keys, options),
    ...(presign === undefined
      ? {}
      : {
          presign: async (key, method, expiresMs, label) => {
            if (label !== undefined) requireStoreClearance(label, store, key);
            return presign.call(storage, key, method, expiresMs, label);
          },
        }),
    ...(grant === undefined
      ? {}
      : {
          grant: async (prefix, expiresMs, label) => {
            if (label !== undefined) requireStoreClearance(label, store, prefix);
            return grant.call(storage, prefix, expiresMs, label);
          },
        }),
    close: () => storage.close(),
  };
}
