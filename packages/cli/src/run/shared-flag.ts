import { resolve } from 'node:path';
import { MegalithError, type SharedFile, type SharedFileType, sharedFile, sharedFileTypes } from '@megalith/core';

/**
 * Reads `NAME=FILE[:TYPE]`, once or more.
 * @throws MegalithError USAGE
 */
export function sharedFiles(flags: readonly string[]): Readonly<Record<string, SharedFile>> {
  const shared: Record<string, SharedFile> = {};
  for (const flag of flags) {
    const [, name, rest] = /^([A-Za-z_$][\w$]*)=(.+)$/s.exec(flag) ?? [];
    if (name === undefined || rest === undefined) {
      throw new MegalithError('USAGE', `"--shared ${flag}" does not name a shared file`, {
        hint: 'write NAME=FILE or NAME=FILE:Float64Array',
      });
    }
    if (Object.hasOwn(shared, name)) throw new MegalithError('USAGE', `"${name}" is shared twice`);
    shared[name] = fileOf(rest);
  }
  return shared;
}

function fileOf(text: string): SharedFile {
  const colon = text.lastIndexOf(':');
  const type = text.slice(colon + 1);
  if (colon !== -1 && (sharedFileTypes as readonly string[]).includes(type))
    return sharedFile(resolve(text.slice(0, colon)), type as SharedFileType);
  if (colon !== -1 && /Array$/.test(type)) {
    throw new MegalithError('USAGE', `"${type}" is no type of a shared file`, {
      hint: `types: ${sharedFileTypes.join(', ')}`,
    });
  }
  return sharedFile(resolve(text));
}
