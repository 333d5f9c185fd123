import { resolve } from 'node:path';
import { MegalithError, type SharedFile, type SharedFileType, sharedFile } from '@megalith/core';

const types: readonly SharedFileType[] = [
  'Buffer',
  'Int8Array',
  'Uint8Array',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
];

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
  if (colon !== -1 && (types as readonly string[]).includes(type))
    return sharedFile(resolve(text.slice(0, colon)), type as SharedFileType);
  if (colon !== -1 && /Array$/.test(type)) {
    throw new MegalithError('USAGE', `"${type}" is no type of a shared file`, { hint: `types: ${types.join(', ')}` });
  }
  return sharedFile(resolve(text));
}
