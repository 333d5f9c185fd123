import { homedir } from 'node:os';
import { sep } from 'node:path';
import { newProjectFile } from '@megalith/core';
import { type HostEntry, type Inventory, putHosts } from '@megalith/standalone';

/** The file for a new host: the project's where there is one or it is asked for, else the user's. */
export function fileForNew(inventory: Inventory, inProject: boolean): string {
  return inventory.projectFile ?? (inProject ? newProjectFile(process.cwd()) : inventory.userFile);
}

/** Writes new hosts, all or none. Key files below the user's home are written with `~`, so that others can read it so too. */
export async function writeNew(
  file: string,
  entries: readonly HostEntry[],
  inventory: Inventory,
  signal: AbortSignal,
): Promise<void> {
  const home = homedir() + sep;
  const written = entries.map(entry =>
    entry.identityFile?.startsWith(home)
      ? { ...entry, identityFile: `~/${entry.identityFile.slice(home.length)}` }
      : entry,
  );
  await putHosts(file, written, { signal, mode: file === inventory.userFile ? 0o600 : 0o644 });
}
