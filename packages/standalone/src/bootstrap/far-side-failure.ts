import type { MegalithError } from '@megalith/agent';
import type { Layer, SshSession } from '../ssh/ssh-session.js';
import { bootstrapFailure } from './bootstrap-failure.js';

const hints = {
  disk: 'give the host a folder that this user may write to, with `folder` in its entry, or make room there',
  exec: "see the file named for what the agent said; a folder on a file system mounted `noexec` can't hold Node",
  node: 'install Node 20 or later there',
} satisfies Partial<Record<Layer, string>>;

/** The error for a `fail` line of the far side: layer, path and what was said there. */
export function readFailure(session: SshSession, [layer = '', path = '', said = '']: readonly string[]): MegalithError {
  const known = layer === 'disk' || layer === 'node' ? layer : 'exec';
  const words = said.trim() === '' ? 'it ended without a word' : said.trim();
  return bootstrapFailure(session, known, `"${path}": ${words}`, { hint: hints[known] });
}
