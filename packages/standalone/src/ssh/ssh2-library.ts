import type * as Module from 'ssh2';

export type Ssh2 = (typeof Module)['default'];

/** Loads `ssh2` when the first connection is made: a command that needs no host does not pay for it (about 40 ms). */
export async function loadSsh2(): Promise<Ssh2> {
  return (await import('ssh2')).default;
}
