import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serveFiles } from '@megalith/agent';

/** A temporary folder with a far side that serves `far`; `open` gives a stream to it. */
export interface FileLink {
  readonly folder: string;
  readonly near: string;
  readonly far: string;
  open(): Promise<Socket>;
  /** How the far side's last service ended. */
  ended(): Promise<Error | undefined>;
  close(): Promise<void>;
}

/** Serves over a real unix socket. `serve` replaces the honest far side. */
export async function openFileLink(serve?: (socket: Socket) => Promise<void>): Promise<FileLink> {
  const folder = mkdtempSync(join(tmpdir(), 'megalith-files-'));
  const far = join(folder, 'far');
  const near = join(folder, 'near');
  let last: Promise<Error | undefined> = Promise.resolve(undefined);
  const sockets = new Set<Socket>();
  const server: Server = createServer({ allowHalfOpen: true }, socket => {
    sockets.add(socket);
    last = (serve ?? (each => serveFiles(each, far)))(socket).then(
      () => undefined,
      (error: Error) => error,
    );
  });
  await new Promise<void>(resolve => server.listen(join(folder, 'socket'), resolve));
  return {
    folder,
    near,
    far,
    open: () =>
      new Promise((resolve, reject) => {
        const socket: Socket = connect({ path: join(folder, 'socket') }, () => resolve(socket)).once('error', reject);
        sockets.add(socket);
      }),
    ended: () => last,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise(resolve => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
