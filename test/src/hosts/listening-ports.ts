import { readdirSync, readlinkSync } from 'node:fs';
import { procFile } from './process-table.js';

interface Listener {
  readonly port: number;
  readonly inode: string;
}

/** The listening sockets in the text of `/proc/net/tcp` or `tcp6`. */
export function listenersIn(text: string): Listener[] {
  const listening = '0A';
  return text
    .split('\n')
    .slice(1)
    .map(line => line.trim().split(/\s+/))
    .filter(fields => fields[3] === listening)
    .map(fields => ({ port: Number.parseInt(fields[1]!.split(':').at(-1)!, 16), inode: fields[9]! }));
}

/** TCP ports on which these processes listen, in order, each once. */
export function portsOf(pids: readonly number[]): number[] {
  const ports = pids.flatMap(pid => {
    const open = socketsOf(pid);
    return ['net/tcp', 'net/tcp6']
      .flatMap(file => listenersIn(procFile(pid, file)))
      .filter(({ inode }) => open.has(inode))
      .map(({ port }) => port);
  });
  return [...new Set(ports)].sort((a, b) => a - b);
}

function socketsOf(pid: number): Set<string> {
  const folder = `/proc/${pid}/fd`;
  const inodes = new Set<string>();
  try {
    for (const fd of readdirSync(folder)) {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`${folder}/${fd}`))?.[1];
      if (inode !== undefined) inodes.add(inode);
    }
  } catch (error) {
    // A process that ends meanwhile listens no more.
    if (!['ENOENT', 'ESRCH', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
  return inodes;
}
