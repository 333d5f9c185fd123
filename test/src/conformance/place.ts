import type { FunctionExecutor, Pool } from '@megalith/core';
import { afterAll, beforeAll } from 'vitest';

/** What a backend may lack; a suite that needs it is then left out, and says so. */
export interface Capabilities {
  /** Tasks see the folders that `scratchFolder` makes, under the same paths. */
  readonly sameFiles: boolean;
  /** Tasks run in the client's folder unless told otherwise; elsewhere in one of the job's own. */
  readonly clientFolder: boolean;
  /** Tasks find Megalith's package where the client has it, to start jobs of their own. */
  readonly ownPackage: boolean;
  /** How many there are, all alike. */
  readonly machines: number;
  /** A machine has memory and a folder for several tasks of a job: those of a function call are its own. */
  readonly severalTasksEach: boolean;
  /** Each executor begins with machines on which nothing has run. */
  readonly freshMachines: boolean;
  /** Tasks may run as threads and share memory. */
  readonly threads: boolean;
  readonly commands: boolean;
  /** Where tasks put objects: beside the client, in a store of the config, or nowhere that they could reach. */
  readonly objects: 'here' | 'nowhere' | { readonly store: string };
  /** Gives a pool on that backend; without it, pools are not tested. */
  readonly openPool: (() => Pool) | undefined;
}

/** A backend under test. */
export interface Place {
  readonly open: () => Promise<FunctionExecutor>;
  readonly capabilities: Capabilities;
}

/** One executor for all tests of a section; gives it once the section runs. */
export function executorOf(place: Place): () => FunctionExecutor {
  let executor: FunctionExecutor | undefined;
  beforeAll(async () => {
    executor = await place.open();
  });
  afterAll(async () => {
    await executor?.close();
  });
  return () => {
    if (executor === undefined) throw new Error('the executor did not open');
    return executor;
  };
}
