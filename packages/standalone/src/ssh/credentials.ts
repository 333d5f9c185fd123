import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MegalithError } from '@megalith/agent';
import type { SshKey, SshTarget } from './ssh-session.js';

export interface CredentialSurroundings {
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The default keys, in the order in which they are offered. */
const defaultNames = ['id_ed25519', 'id_ecdsa', 'id_rsa'] as const;

/**
 * What to log in with: the named private key files, or without one those of `~/.ssh/id_ed25519`, `id_ecdsa` and `id_rsa`
 * that exist; and the SSH agent of `SSH_AUTH_SOCK`. A default key that others can read is left out where another way in
 * remains, as OpenSSH does.
 * @throws MegalithError SSH_FAILED with `details.layer` `'key'` for a named file that is missing, or that others can read
 */
export async function credentialsFor(
  identityFiles: readonly string[],
  { home, env }: CredentialSurroundings,
): Promise<Pick<SshTarget, 'keys' | 'agentSocket'>> {
  const agentSocket =
    env.SSH_AUTH_SOCK === undefined || env.SSH_AUTH_SOCK === '' ? {} : { agentSocket: env.SSH_AUTH_SOCK };
  if (identityFiles.length > 0) {
    const paths = identityFiles.map(file => (file.startsWith('~/') ? join(home, file.slice(2)) : file));
    return { keys: await Promise.all(paths.map(readKey)), ...agentSocket };
  }
  const results = await Promise.allSettled(defaultNames.map(name => readKey(join(home, '.ssh', name))));
  const keys = results.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []));
  const problem = results.find(result => result.status === 'rejected' && !isMissing(result.reason));
  if (problem?.status === 'rejected' && keys.length === 0 && agentSocket.agentSocket === undefined)
    throw problem.reason;
  return { keys, ...agentSocket };
}

async function readKey(path: string): Promise<SshKey> {
  try {
    const { mode, uid } = await stat(path);
    // As OpenSSH: the mode counts only for the user's own files.
    if (uid === process.getuid?.() && (mode & 0o077) !== 0)
      throw keyFailure(
        path,
        `can be read or written by others (mode 0${(mode & 0o777).toString(8)})`,
        `chmod 600 ${path}`,
      );
    return { path, text: await readFile(path, 'utf8') };
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error instanceof MegalithError) throw error;
    const why = error.code === 'ENOENT' ? 'does not exist' : `can't be read (${error.code})`;
    throw keyFailure(path, why, 'check "identityFile" in the inventory', error);
  }
}

function keyFailure(path: string, why: string, hint: string, cause?: Error): MegalithError {
  return new MegalithError('SSH_FAILED', `the private key file "${path}" ${why}`, {
    hint,
    details: { layer: 'key', path },
    ...(cause !== undefined && { cause }),
  });
}

function isMissing(error: unknown): boolean {
  return (
    error instanceof MegalithError &&
    error.cause instanceof Error &&
    'code' in error.cause &&
    error.cause.code === 'ENOENT'
  );
}
