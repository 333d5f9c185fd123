import { once } from 'node:events';
import { link, rename, rm } from 'node:fs/promises';
import { connect, type Server } from 'node:net';

/** Somebody who listens accepts at once; this long is for a machine that is frozen, milliseconds. */
const answerDeadlineMs = 5000;

/**
 * Listens on a path that only one living process can have. The socket is made under a name of this process and then linked to the
 * path, which fails where there is one; a dead process's socket refuses connections, and is moved away.
 * @returns false where another process listens there
 */
export async function claimSocket(server: Server, path: string): Promise<boolean> {
  const own = `${path}.${process.pid}`;
  await rm(own, { force: true });
  server.listen(own);
  await once(server, 'listening');
  try {
    for (;;) {
      if (await linked(own, path)) return true;
      if (await answers(path)) {
        server.close();
        return false;
      }
      await moveStale(path);
    }
  } finally {
    await rm(own, { force: true });
  }
}

async function linked(own: string, path: string): Promise<boolean> {
  try {
    await link(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Moves a dead socket away. Where another process has just put a living one in its place, that goes back. */
async function moveStale(path: string): Promise<void> {
  const aside = `${path}.${process.pid}.stale`;
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (await answers(aside)) await linked(aside, path);
  await rm(aside, { force: true });
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
