import { readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { RunSummary } from '@megalith/agent';

/** How runs come from the tasks that make them to those that merge them: plain data, which goes with a task. */
export type ExchangeSpec = { readonly type: 'folder'; readonly folder: string };

/** What a task of a shuffle keeps runs in, and finds those of others in. */
export interface RunExchange {
  /** A folder for files of the task's own. */
  readonly scratch: string;
  /** Gives a finished run to whoever merges it. @returns the name by which it is found */
  write(run: RunSummary): Promise<string>;
  /** The path of a run that another task gave, on this machine. */
  read(name: string): Promise<string>;
  /** Removes what an earlier try of a task left. */
  forget(prefix: string): void;
}

/** All tasks on one machine: a run is given by being there. */
export function openExchange({ folder }: ExchangeSpec): RunExchange {
  return {
    scratch: folder,
    write: async run => basename(run.path),
    read: async name => join(folder, name),
    forget(prefix) {
      for (const name of readdirSync(folder)) if (name.startsWith(prefix)) rmSync(join(folder, name), { force: true });
    },
  };
}
