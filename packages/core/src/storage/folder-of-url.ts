import { fileURLToPath } from 'node:url';
import { MegalithError } from '@megalith/agent';

/** The folder that a URL of the scheme `file` names; anything else as it is. @throws MegalithError CONFIG */
export function folderOfUrl(url: string): string {
  if (!/^file:/i.test(url)) return url;
  try {
    return fileURLToPath(url);
  } catch (cause) {
    const hint = 'write file:///folder';
    throw new MegalithError('CONFIG', `"${url}" names no folder of this machine`, { hint, details: { url }, cause });
  }
}
