import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { link, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { connect, type Server } from 'node:net';
import { join } from 'node:path';

/** Somebody who listens accepts at once; this long is for a machine that is frozen, milliseconds. */
const answerDeadlineMs = 5000;

/** A path that this process listens on, and no other. */
export interface Claim {
  /** Lets others have the path; at once, for a process that ends. */
  release(): void;
}

/**
 * Listens on a path that only one living process can have. Who has it is decided by the folder `<path>.c`: it holds the holder's socket, under
 * a name that nobody had before. A folder of one's own is renamed to it, which the system allows only where there is none or an empty one.
 * A dead holder's socket refuses connections, and is removed by its name: whoever is late with that removes nothing.
 * @returns undefined where another process listens there
 */
export async function claimSocket(server: Server, path: string): Promise<Claim | undefined> {
  const own = `${path}.${process.pid}`;
  const held = `${path}.c`;
  const name = randomBytes(4).toString('hex');
  await rm(own, { recursive: true, force: true });
  await mkdir(own, { mode: 0o700 });
  server.listen(join(own, name));
  await once(server, 'listening');
  try {
    while (!(await renamed(own, held))) {
      if (await isTaken(held)) {
        server.close();
        return undefined;
      }
    }
  } finally {
    await rm(own, { recursive: true, force: true });
  }
  await show(join(held, name), path);
  return {
    release() {
      rmSync(path, { force: true });
      rmSync(join(held, name), { force: true });
    },
  };
}

async function renamed(own: string, held: string): Promise<boolean> {
  try {
    await rename(own, held);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return false;
    throw error;
  }
}

/** Whether anybody listens in the folder; the sockets of the dead are removed. */
async function isTaken(held: string): Promise<boolean> {
  for (const name of await namesIn(held)) {
    const socket = join(held, name);
    if (await answers(socket)) return true;
    await rm(socket, { force: true });
  }
  return false;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Puts the socket where clients look for it, in the place of a dead one. */
async function show(socket: string, path: string): Promise<void> {
  const aside = `${path}.${process.pid}.l`;
  await rm(aside, { force: true });
  await link(socket, aside);
  await rename(aside, path);
}

/** Whether anybody listens on a socket. */
export function answers(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    const settle = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    // A process that is frozen still has its socket: it is alive.
    socket.setTimeout(answerDeadlineMs, () => settle(true));
    socket.once('connect', () => settle(true));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') settle(false);
      else if (error.code === 'EAGAIN') settle(true);
      else reject(error);
    });
  });
}
