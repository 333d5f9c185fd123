import { randomBytes } from 'node:crypto';
import { mkdir, rm, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { identityOf, MegalithError } from '@megalith/agent';
import { dropStaleLock, type Holder, holderIn, takeLock, textOf } from '../inventory/config-lock.js';

/** Other computers that share the home see by the file's time that we live, milliseconds. */
const refreshMs = 10_000;

export type { Holder };

export interface HeldLock {
  readonly isMine: true;
  /** False where somebody took it for left behind, as after a long sleep of this computer. */
  readonly stillHeld: () => Promise<boolean>;
  readonly release: () => Promise<void>;
}

export type DismantleLock = HeldLock | { readonly isMine: false; readonly holder: Holder };

/** One sweeper at a time per home: `<home>/cloud/dismantle.lock`. That of a process that died is taken. */
export function takeDismantleLock(home: string): Promise<DismantleLock> {
  return holdFile(join(home, 'cloud', 'dismantle.lock'));
}

/** One watcher per home: `<home>/cloud/dismantle.pid` says which. */
export function takePidFile(home: string): Promise<DismantleLock> {
  return holdFile(join(home, 'cloud', 'dismantle.pid'));
}

/** @throws MegalithError JOURNAL_FAILED where the home can't be written to */
async function holdFile(path: string): Promise<DismantleLock> {
  try {
    return await hold(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw new MegalithError('JOURNAL_FAILED', `"${path}" can't be written: ${(error as Error).message}`, {
      hint: 'check the permissions of the folder, and that the disk has room',
      details: { path },
      cause: error,
    });
  }
}

/** Who sweeps, or watches, if anybody lives who does. */
async function hold(path: string): Promise<DismantleLock> {
  await mkdir(join(path, '..'), { recursive: true, mode: 0o700 });
  const holder: Holder = {
    host: hostname(),
    process: identityOf(process.pid),
    token: randomBytes(8).toString('hex'),
  };
  const mine = JSON.stringify(holder);
  for (;;) {
    if (await takeLock(path, mine)) return held(path, mine);
    await dropStaleLock(path);
    const text = await textOf(path);
    // It was dropped, or given back meanwhile.
    if (text === undefined) continue;
    return { isMine: false, holder: holderIn(text) ?? { host: 'unknown', process: undefined, token: '' } };
  }
}

function held(path: string, mine: string): HeldLock {
  const stillHeld = async (): Promise<boolean> => (await textOf(path)) === mine;
  let failure: unknown;
  const refresh = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).then(
      () => {
        failure = undefined;
      },
      (error: unknown) => {
        failure = error;
      },
    );
  }, refreshMs);
  refresh.unref();
  return {
    isMine: true,
    stillHeld: async () => failure === undefined && (await stillHeld()),
    release: async () => {
      clearInterval(refresh);
      if (await stillHeld()) await rm(path, { force: true });
    },
  };
}
