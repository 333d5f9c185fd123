import { fileURLToPath } from 'node:url';
import { type CommandWork, type FunctionWork, type JobStorage, type Label, MegalithError } from '@megalith/agent';
import type { Candidate } from '../backends/backend.js';
import { requireStoreClearance } from '../storage/open-store.js';
import { type Keep, prefixOf } from './key-layout.js';
import type { StoresHere } from './stores-here.js';

/** So long tasks of a job may put objects: what a signature of AWS may last. */
const grantedMs = 7 * 24 * 3600_000;

export interface StoringJob {
  readonly id: string;
  readonly name: string;
  readonly label: Label;
  readonly work: FunctionWork | CommandWork;
}

export interface StoreWish {
  /** What the call says: a name or a URL. */
  readonly store: string | undefined;
  readonly keep: Keep;
  /** What the config says for all jobs: a name. */
  readonly usual: string | undefined;
}

/**
 * Where the tasks of a job may put objects. Costs nothing for jobs that say nothing of a store: theirs is a folder of this machine, which is made with
 * the first object. A store that the config names is opened only for code in which the word "storage" stands.
 * @throws MegalithError POLICY for a label above the store's clearance; NOT_CONFIGURED for a store that can't let tasks put objects
 */
export async function jobStorage(
  job: StoringJob,
  wish: StoreWish,
  stores: StoresHere,
): Promise<JobStorage | undefined> {
  const { id, name, label, work } = job;
  if (work.kind === 'command') return undefined;
  const prefix = prefixOf(wish.keep, id, Date.now());
  const usual = wish.usual !== undefined && work.bundle.code.includes('storage') ? wish.usual : undefined;
  const text = wish.store ?? usual;
  if (text === undefined) {
    const folder = fileURLToPath(stores.ownUrl);
    return { grant: { type: 'folder', folder }, store: stores.ownUrl, prefix, label };
  }
  const store = await stores.open(text);
  requireStoreClearance(label, store, name);
  if (store.grant === undefined) {
    throw new MegalithError('NOT_CONFIGURED', `store "${store.name}" can't let tasks put objects`, {
      hint: 'name one that can for the option "store": S3, Azure, or a folder for jobs on this machine',
    });
  }
  return { grant: await store.grant(prefix, grantedMs, label), store: store.url, prefix, label };
}

/** What of it is of use at a place: a folder of this machine is on no other. */
export function storageAt(
  { site }: Pick<Candidate, 'site'>,
  storage: JobStorage | undefined,
): { readonly storage?: JobStorage } {
  if (storage === undefined || (storage.grant.type === 'folder' && site.kind !== 'here')) return {};
  return { storage };
}
