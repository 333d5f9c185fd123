import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isMegalithError, MegalithError, unlessMissing } from '@megalith/agent';
import { loadConfigParser } from '@megalith/core';
import { whileLocked } from './config-lock.js';
import type { HostEntry } from './host-entry.js';

export interface ChangeOptions {
  readonly signal?: AbortSignal;
}

export interface PutOptions extends ChangeOptions {
  /** Change the entry where the file has that name. @defaultValue false: that is an error */
  readonly replace?: boolean;
  /** Permissions of a new file; one that is there keeps its own. @defaultValue 0o600 */
  readonly mode?: number;
}

/**
 * Writes hosts into a config file, all of them or none. What else is in the file stays: comments, order, what we don't
 * know. Readers see the old text or the new one; writers take turns.
 * @throws MegalithError CONFIG where the file is not valid or has one of the names; CANCELLED
 */
export async function putHosts(file: string, entries: readonly HostEntry[], options: PutOptions = {}): Promise<void> {
  const { withHost } = await import('./edit-config.js');
  const parser = await loadConfigParser();
  const { parseConfig } = parser;
  await change(file, options.mode ?? 0o600, options.signal, text => {
    const known = parseConfig(text, file).hosts.map(host => host.name);
    const double = entries.find(({ name }) => known.includes(name));
    if (double !== undefined && options.replace !== true) {
      throw new MegalithError('CONFIG', `"${file}" has a host "${double.name}" already`, {
        hint: `take another name, or remove that one first: megalith hosts rm ${double.name}`,
        details: { file, name: double.name },
      });
    }
    const edited = entries.reduce((before, entry) => withHost(before, entry, { file, parser }), text);
    // What is written must be readable: a value that the file may not have is found here.
    parseConfig(edited, file);
    return edited;
  });
}

/** Takes a host out of a config file. @returns false where the file does not have it @throws as `putHosts` */
export async function removeHost(file: string, name: string, options: ChangeOptions = {}): Promise<boolean> {
  const { withoutHost } = await import('./edit-config.js');
  const parser = await loadConfigParser();
  return await change(file, 0o600, options.signal, text => withoutHost(text, name, { file, parser }));
}

async function change(
  file: string,
  newMode: number,
  signal: AbortSignal | undefined,
  edit: (text: string) => string | undefined,
): Promise<boolean> {
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    // Behind a symbolic link is the file to change; the link stays.
    const path = await targetOf(file);
    return await whileLocked(path, signal, async () => {
      const { text, mode } = await current(path);
      const edited = edit(text);
      if (edited === undefined) return false;
      if (signal?.aborted) throw new MegalithError('CANCELLED', `"${file}" was not changed`, { cause: signal.reason });
      await replace(path, edited, mode ?? newMode);
      return true;
    });
  } catch (error) {
    if (isMegalithError(error) || (error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw new MegalithError('CONFIG', `cannot write "${file}": ${(error as Error).message}`, {
      hint: 'check the permissions of the file and its folder, and that the disk has room',
      cause: error,
    });
  }
}

async function targetOf(file: string): Promise<string> {
  return (await unlessMissing(realpath(file))) ?? file;
}

async function current(path: string): Promise<{ readonly text: string; readonly mode: number | undefined }> {
  const text = await unlessMissing(readFile(path, 'utf8'));
  if (text === undefined) return { text: '', mode: undefined };
  return { text, mode: (await stat(path)).mode & 0o777 };
}

async function replace(path: string, text: string, mode: number): Promise<void> {
  const temporary = `${path}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    const handle = await open(temporary, 'wx', mode);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await chmod(temporary, mode);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
