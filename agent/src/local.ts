import { rmSync } from 'node:fs';
import { createServer, Socket } from 'node:net';
import { join } from 'node:path';
import { JobHost } from './host/job-host.js';
import { makeSocketFolder } from './host/socket-folder.js';
import { megalithHome } from './journal/home.js';
import { jobIds } from './journal/job-folders.js';
import { defaultRetention, pruneJobs } from './journal/prune-jobs.js';
import { usableCpus } from './memory/usable-cpus.js';
import { usableMemoryBytes } from './memory/usable-memory.js';

/** What the client tells its job host through the command line. */
export interface LocalOptions {
  /** Tasks of one cpu that may run at once. @defaultValue the machine's cpus */
  readonly cpus?: number;
  /** @defaultValue what the machine can give */
  readonly memoryBytes?: number;
  /** @defaultValue see `megalithHome` */
  readonly home?: string;
}

const clientDescriptor = 3;
const pruneAfterMs = 3000;
const manyJobs = defaultRetention.maxJobs + 50;
/** Journals that do not close in this time are left as they are, milliseconds. */
const closeDeadlineMs = 5000;

/** Entrance of the job host that is a child of its client: it lives as long as the socket to it. */
export function runLocal(entryFile: string, options: LocalOptions): void {
  const home = options.home ?? megalithHome();
  const folder = makeSocketFolder();
  const socketPath = join(folder, 'host');
  const host = new JobHost({
    entryFile,
    home,
    socketPath,
    capacity: { cpus: options.cpus ?? usableCpus(), memoryBytes: options.memoryBytes ?? usableMemoryBytes() },
  });
  const server = createServer(socket => host.serve(socket));
  server.listen(socketPath);

  let closing = false;
  const close = (): void => {
    if (closing) return;
    closing = true;
    const done = (): void => {
      rmSync(folder, { recursive: true, force: true });
      process.exit();
    };
    setTimeout(done, closeDeadlineMs);
    server.close();
    void host
      .close()
      .then(async () => (await jobIds(home)).length > manyJobs && prune())
      .finally(done);
  };
  const client = new Socket({ fd: clientDescriptor, readable: true, writable: true });
  client.on('close', close);
  // A terminal sends Ctrl-C to everyone; it is the client that decides what that means.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', close);
  host.serve(client);
  const prune = (): Promise<unknown> =>
    pruneJobs(home).catch((error: unknown) => process.stderr.write(`${String(error)}\n`));
  // Old jobs go when there is time: in a host that lives a while, or at the end where they have become many.
  setTimeout(() => void prune(), pruneAfterMs).unref();
}
