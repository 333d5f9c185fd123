import {
  type CleanedObjects,
  cleanStore,
  parseDuration,
  readConfig,
  runningJobs,
  type StoredObject,
  StoresHere,
} from '@megalith/core';
import { homeHere } from '../audit/audit-here.js';
import { untilInterrupted } from '../hosts/until-interrupted.js';

export interface CleanHereOptions {
  readonly olderThan: string;
  readonly jobs: readonly string[] | undefined;
  readonly dryRun: boolean;
  readonly onObject: ((object: StoredObject) => void) | undefined;
}

/** Cleans a store of the config as it applies in the working directory. Ctrl-C ends it. @throws MegalithError USAGE, CONFIG, STORE_FAILED, CANCELLED */
export async function cleanHere(
  name: string | undefined,
  { olderThan, ...options }: CleanHereOptions,
): Promise<CleanedObjects> {
  const olderThanMs = parseDuration(olderThan);
  return await untilInterrupted(async signal => {
    const home = homeHere();
    const config = await readConfig({ cwd: process.cwd(), home, signal });
    const stores = new StoresHere(home, async () => config);
    try {
      const store = await stores.open(name ?? config.data?.store ?? stores.ownUrl);
      const isRunning = await runningJobs(home);
      return await cleanStore(store, { ...options, olderThanMs, now: Date.now(), isRunning, signal });
    } finally {
      await stores.close();
    }
  });
}
