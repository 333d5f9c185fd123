import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const name = /^megalith-host-(\d+)-/;

/**
 * A private folder for this host's socket, in the folder for temporary files: the path of a socket may have 107 characters at most.
 * What hosts left that were killed goes at the same time.
 */
export function makeSocketFolder(parent = tmpdir()): string {
  for (const entry of readdirSync(parent)) {
    const pid = name.exec(entry)?.[1];
    if (pid !== undefined && !isRunning(Number(pid))) rmSync(join(parent, entry), { recursive: true, force: true });
  }
  return mkdtempSync(join(parent, `megalith-host-${process.pid}-`));
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // Another user's process is one all the same.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
