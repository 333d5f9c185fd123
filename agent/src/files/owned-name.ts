import { randomBytes } from 'node:crypto';
import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { identityOf, isAlive } from '../process/process-identity.js';

/** A name that nothing has yet, and that tells which process made it. */
export function ownedName(prefix: string): string {
  const self = identityOf(process.pid);
  return `${prefix}${process.pid}-${self?.startTicks ?? 0}-${hostMark()}-${randomBytes(4).toString('hex')}`;
}

/**
 * Removes what processes left in a folder under such names when they were killed.
 * @param foreignMaxAgeMs what a process of another host made, which can't be seen, is taken for left behind after this time
 */
export function removeLeft(base: string, prefix: string, foreignMaxAgeMs: number): void {
  for (const name of readdirSync(base)) {
    if (name.startsWith(prefix) && isLeft(join(base, name), name.slice(prefix.length), foreignMaxAgeMs))
      rmSync(join(base, name), { recursive: true, force: true });
  }
}

function isLeft(path: string, owner: string, foreignMaxAgeMs: number): boolean {
  const [pid, startTicks, host] = owner.split('-');
  if (host !== hostMark()) {
    const found = lstatSync(path, { throwIfNoEntry: false });
    return found !== undefined && Date.now() - found.mtimeMs > foreignMaxAgeMs;
  }
  const ticks = Number(startTicks);
  return !isAlive({ pid: Number(pid), startTicks: ticks === 0 ? undefined : ticks });
}

/** The host's name without what separates the parts of a name. */
function hostMark(): string {
  return hostname()
    .replace(/[^A-Za-z0-9.]/g, '_')
    .slice(0, 60);
}
