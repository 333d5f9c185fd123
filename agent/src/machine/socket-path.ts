import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { MegalithError } from '../errors.js';

/** `sun_path` holds 108 bytes with its end (unix(7)); the names beside the socket while it is claimed are up to 20 longer. */
const longestPath = 107 - 20;

/**
 * Where an agent listens: in its own folder, or, where that path is too long for a socket, in a private one among the temporary files.
 * @throws MegalithError BOOTSTRAP_FAILED where that private folder belongs to somebody else
 */
export function agentSocketPath(agentFolder: string): string {
  const path = join(agentFolder, 'socket');
  if (Buffer.byteLength(path) <= longestPath) return path;
  const { uid } = userInfo();
  const name = createHash('sha256').update(agentFolder).digest('hex').slice(0, 16);
  const folder = join(tmpdir(), `megalith-${uid}-${name}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = lstatSync(folder);
  if (!found.isDirectory() || found.uid !== uid || (found.mode & 0o077) !== 0) {
    throw new MegalithError('BOOTSTRAP_FAILED', `"${folder}" is not this user's private folder`, {
      hint: 'remove it, or choose a shorter path for the folder of Megalith',
      details: { layer: 'disk' },
    });
  }
  return join(folder, 'socket');
}
