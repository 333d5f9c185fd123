import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import type { JobSpec } from '../protocol/messages.js';
import { writeFileAtomicallySync } from './atomic-file.js';

/** A durable job's whole description, for the host that may have to go on with it. Secrets are never on disk: only that there are some. */
export type KeptSpec = Omit<JobSpec, 'secrets'> & { readonly secretNames: readonly string[] };

function keptSpecPath(folder: string): string {
  return join(folder, 'kept-spec');
}

/** Throws the system's error where it cannot be written. */
export function keepSpec(folder: string, spec: JobSpec): void {
  const { secrets = {}, ...rest } = spec;
  const kept: KeptSpec = { ...rest, secretNames: Object.keys(secrets) };
  writeFileAtomicallySync(keptSpecPath(folder), serialize(kept));
}

/** No other host can go on with the job from now on. */
export function dropKeptSpec(folder: string): Promise<void> {
  return rm(keptSpecPath(folder), { force: true });
}

/** Undefined where none was kept. The file is this program's own, in a folder that only its user can write. */
export async function readKeptSpec(folder: string): Promise<KeptSpec | undefined> {
  try {
    return deserialize(await readFile(keptSpecPath(folder))) as KeptSpec;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
