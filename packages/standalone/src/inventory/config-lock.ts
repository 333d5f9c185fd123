import { randomBytes } from 'node:crypto';
import { link, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { identityOf, isAlive, MegalithError, type ProcessIdentity, parsedJson, unlessMissing } from '@megalith/agent';

/** A change takes milliseconds: a lock of this age was left behind, milliseconds. */
const staleMs = 30_000;
const patienceMs = 10_000;
const pauseMs = 20;

export interface Holder {
  readonly host: string;
  readonly process: ProcessIdentity | undefined;
  readonly token: string;
}

/**
 * Runs while no other process changes the file: beside it stands `FILE.lock` meanwhile. A lock whose holder died is taken.
 * @throws MegalithError CONFIG where another holds it for 10 s; CANCELLED
 */
export async function whileLocked<T>(file: string, signal: AbortSignal | undefined, run: () => Promise<T>): Promise<T> {
  const lock = `${file}.lock`;
  const mine = JSON.stringify({
    host: hostname(),
    process: identityOf(process.pid),
    token: randomBytes(8).toString('hex'),
  } satisfies Holder);
  const deadline = performance.now() + patienceMs;
  while (!(await takeLock(lock, mine))) {
    if (signal?.aborted) throw new MegalithError('CANCELLED', `"${file}" was not changed`, { cause: signal.reason });
    if (performance.now() > deadline) {
      throw new MegalithError(
        'CONFIG',
        `"${file}" is being changed by another process, which does not come to an end`,
        {
          hint: `if no megalith runs, remove "${lock}"`,
          details: { file, lock },
        },
      );
    }
    await dropStaleLock(lock);
    await delay(pauseMs);
  }
  try {
    return await run();
  } finally {
    if ((await textOf(lock)) === mine) await rm(lock, { force: true });
  }
}

/** The lock appears with its text in it, or not at all: then somebody else has it. */
export async function takeLock(lock: string, mine: string): Promise<boolean> {
  const temporary = `${lock}.${process.pid}.${randomBytes(4).toString('hex')}`;
  await writeFile(temporary, mine, { flag: 'wx', mode: 0o600 });
  try {
    await link(temporary, lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Takes away a lock whose holder is dead; one of another computer where nobody touched it for 30 s. */
export async function dropStaleLock(lock: string): Promise<void> {
  const text = await textOf(lock);
  if (text === undefined || !(await isStale(lock, text))) return;
  const aside = `${lock}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    await rename(lock, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  try {
    // Somebody else may have dropped the stale one and locked anew in between: that lock goes back.
    if ((await textOf(aside)) !== text) await link(aside, lock);
  } catch (error) {
    // A third has locked by now. The one that lost its lock sees that the text is not its own.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

async function isStale(lock: string, text: string): Promise<boolean> {
  const holder = holderIn(text);
  if (holder?.host === hostname() && holder.process !== undefined) return !isAlive(holder.process);
  const found = await unlessMissing(stat(lock));
  return found !== undefined && Date.now() - found.mtimeMs > staleMs;
}

/** Undefined for a text that is none of ours. */
export function holderIn(text: string): Holder | undefined {
  return parsedJson(text) as Holder | undefined;
}

/** Undefined where there is no such file. */
export function textOf(path: string): Promise<string | undefined> {
  return unlessMissing(readFile(path, 'utf8'));
}
