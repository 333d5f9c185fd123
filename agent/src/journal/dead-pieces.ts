import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { identityOf } from '../process/process-identity.js';

/** `agent.json.PID.RANDOM.tmp`, `socket.PID`, `socket.PID.l`: what a process makes under a name of its own before it gives it the final one. */
const piece = /\.(\d+)(?:\.l|\.[0-9a-f]{8}\.tmp)?$/;

/** Removes from a folder what processes of this machine were making when they died. */
export async function removeDeadPieces(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const maker = piece.exec(name)?.[1];
    if (maker !== undefined && identityOf(Number(maker)) === undefined) {
      await rm(join(folder, name), { recursive: true, force: true });
    }
  }
}
