import { isMegalithError } from '@megalith/agent';
import type { NoteBook } from './cloud-notes.js';
import { controlCall, type World } from './control-call.js';
import type { LambdaApi, ListedFunction } from './lambda-api.js';
import { isMarkedAs, isOld, isUnused, type OldRule } from './old-functions.js';
import { ownedFunctions } from './owned-functions.js';

export interface CollectOptions {
  readonly api: LambdaApi;
  readonly owner: string;
  /** Whose functions stay. */
  readonly version: string;
  readonly notes: NoteBook;
  readonly world: World;
  /** Deletes functions of other versions that were neither made nor used for so long, milliseconds. @defaultValue 7 days */
  readonly olderThanMs?: number;
  /** Deletes those of this version too, and of any age. @defaultValue false */
  readonly all?: boolean;
  /** Only tells. @defaultValue false */
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
}

export interface Collected {
  readonly deleted: readonly ListedFunction[];
  readonly kept: readonly ListedFunction[];
}

const dayMs = 86_400_000;
const keptForMs = 7 * dayMs;
const onceInMs = dayMs;

/**
 * Deletes functions that no client of this owner is likely to need. A client that does need one makes it anew.
 * @throws MegalithError NO_CREDENTIALS, CLOUD_FAILED, CANCELLED
 */
export async function collectGarbage(options: CollectOptions): Promise<Collected> {
  const { api, owner, version, notes, world, all = false, dryRun = false, signal } = options;
  const rule = { owner, version, olderThanMs: options.olderThanMs ?? keptForMs, today: world.today() };
  const deleted: ListedFunction[] = [];
  const kept: ListedFunction[] = [];
  for (const each of await ownedFunctions(api, owner, world, signal)) {
    const goes = (all || isOld(each, rule)) && (await mayGo(options, each.name, rule));
    if (goes && !dryRun) await remove(options, each.name);
    (goes ? deleted : kept).push(each);
  }
  if (!dryRun) {
    const gone = new Set(deleted.map(({ name }) => name));
    await notes.change(before => ({
      ...before,
      seen: Object.fromEntries(Object.entries(before.seen).filter(([name]) => !gone.has(name))),
      collectedAt: world.today(),
    }));
  }
  return { deleted, kept };
}

/** Whether nobody of this home has looked for a day. */
export async function isCollectionDue(notes: NoteBook, world: World): Promise<boolean> {
  const { collectedAt = Number.NEGATIVE_INFINITY } = await notes.read();
  const age = world.today() - collectedAt;
  return age >= onceInMs || age < 0;
}

/** The last look: it is ours, and no other client uses it. */
async function mayGo({ api, owner, world, all = false, signal }: CollectOptions, name: string, rule: OldRule) {
  const state = await unlessGone(
    controlCall('GetFunction', ending => api.getFunction(name, ending), world, { signal }),
  );
  return state !== undefined && isMarkedAs(state.tags, owner) && (all || isUnused(state.tags, rule));
}

async function remove({ api, world, signal }: CollectOptions, name: string): Promise<void> {
  await unlessGone(controlCall('DeleteFunction', ending => api.deleteFunction(name, ending), world, { signal }));
}

/** Somebody else may have deleted it meanwhile. */
async function unlessGone<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isMegalithError(error) && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}
