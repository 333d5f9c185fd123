import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { unlessMissing } from '../files/unless-missing.js';
import { answers } from './claim-socket.js';
import { agentSocketPath } from './socket-path.js';

/** A client may be bringing an agent there just now. */
const youngMs = 24 * 3600 * 1000;

/**
 * Removes what nobody uses any more from a machine's folder: agents of other versions that do not run, and, where no other agent runs, shipped code
 * that was not used for as long as jobs are kept. For an agent that ends.
 * @param own the name of the agent's own folder
 * @param now epoch milliseconds
 */
export async function sweepHome(home: string, own: string, maxAgeMs: number, now: number): Promise<void> {
  const agents = join(home, 'agents');
  let isAlone = true;
  for (const name of await readdir(agents)) {
    if (name === own) continue;
    const folder = join(agents, name);
    if (await answers(agentSocketPath(folder))) isAlone = false;
    else await removeOld(folder, now - youngMs);
  }
  if (!isAlone) return;
  const bundles = join(home, 'bundles');
  for (const name of await names(bundles)) await removeOld(join(bundles, name), now - maxAgeMs);
}

async function removeOld(path: string, before: number): Promise<void> {
  const { mtimeMs } = await stat(path);
  if (mtimeMs < before) await rm(path, { recursive: true, force: true });
}

async function names(folder: string): Promise<string[]> {
  return (await unlessMissing(readdir(folder))) ?? [];
}
