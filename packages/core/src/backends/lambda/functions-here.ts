import { type Collected, type CollectOptions, collectGarbage } from './collect-garbage.js';
import { configuredLambda, type LambdaPlace } from './configured-lambda.js';
import { parseFunctionName, versionOf } from './function-name.js';
import { ownedFunctions } from './owned-functions.js';
import { sweepSpilled } from './spill.js';

/** One function of this owner, for people. */
export interface OwnedFunction {
  readonly name: string;
  readonly arch: 'arm64' | 'x64';
  readonly memoryMib: number;
  readonly version: string;
  /** It is what this client calls; others are of other releases or settings. */
  readonly isCurrent: boolean;
  /** Epoch milliseconds. */
  readonly modifiedAt: number;
}

/** How much goes: see `CollectOptions`. */
export interface CleanOptions extends LambdaPlace, Pick<CollectOptions, 'all' | 'olderThanMs' | 'dryRun' | 'signal'> {}

export interface Cleaned {
  readonly deleted: readonly OwnedFunction[];
  readonly kept: readonly OwnedFunction[];
  /** Objects in the store that clients left when they died. */
  readonly objects: number;
}

/** The functions of this owner in the configured region. @throws MegalithError NOT_CONFIGURED, CONFIG, NO_CREDENTIALS, CLOUD_FAILED, CANCELLED */
export async function listFunctions(place: LambdaPlace = {}, signal?: AbortSignal): Promise<readonly OwnedFunction[]> {
  const lambda = await configuredLambda(place);
  try {
    const { settings, api, world, code } = lambda;
    const version = versionOf((await code()).hash, settings);
    return (await ownedFunctions(api, settings.owner, world, signal)).map(each => described(each, version));
  } finally {
    lambda.close();
  }
}

/** Deletes functions that nobody is likely to need: a client that does makes them anew. @throws as `listFunctions` */
export async function cleanFunctions(options: CleanOptions = {}): Promise<Cleaned> {
  const { all = false, dryRun = false, olderThanMs, signal, ...place } = options;
  const lambda = await configuredLambda(place);
  try {
    const { settings, api, notes, world, code, store } = lambda;
    const version = versionOf((await code()).hash, settings);
    const collected: Collected = await collectGarbage({
      api,
      owner: settings.owner,
      version,
      notes,
      world,
      all,
      dryRun,
      ...(olderThanMs === undefined ? {} : { olderThanMs }),
      ...(signal === undefined ? {} : { signal }),
    });
    return {
      deleted: collected.deleted.map(each => described(each, version)),
      kept: collected.kept.map(each => described(each, version)),
      objects: store === undefined || dryRun ? 0 : await sweepSpilled(store, world.today(), signal),
    };
  } finally {
    lambda.close();
  }
}

function described(
  { name, modifiedAt, memoryMib }: { readonly name: string; readonly modifiedAt: number; readonly memoryMib: number },
  current: string,
): OwnedFunction {
  const { arch, version } = parseFunctionName(name)!;
  return { name, arch, memoryMib, version, isCurrent: version === current, modifiedAt };
}
