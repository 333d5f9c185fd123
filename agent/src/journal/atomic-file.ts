import { randomBytes } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';

/** Only the owner reads what a job was given and what it gave. */
export const privateFile = 0o600;
export const privateFolder = 0o700;

/** Writes a whole file or nothing: readers see the old text or the new one. Permissions are 0600. */
export async function writeFileAtomically(path: string, text: string): Promise<void> {
  const temporary = temporaryPath(path);
  try {
    await writeFile(temporary, text, { mode: privateFile, flag: 'wx' });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** As `writeFileAtomically`; for small files on a path where four turns of the event loop cost more than the write. */
export function writeFileAtomicallySync(path: string, text: string | Uint8Array): void {
  const temporary = temporaryPath(path);
  try {
    writeFileSync(temporary, text, { mode: privateFile, flag: 'wx' });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function temporaryPath(path: string): string {
  return `${path}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
}
