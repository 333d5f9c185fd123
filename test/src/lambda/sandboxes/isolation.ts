import { accessSync, constants, existsSync } from 'node:fs';
import { run } from '../../hosts/run.js';

/** Lambda's own user and group for functions. */
const functionUser = { uid: 993, gid: 990 } as const;
const memoryTree = '/sys/fs/cgroup/memory';

/** How sandboxes can be told apart on this machine. */
export interface Isolation {
  /** As whom functions run; root where nobody else may run Node. */
  readonly uid: number;
  readonly gid: number;
}

let found: Promise<Isolation | undefined> | undefined;

/**
 * Whether sandboxes can have namespaces, a `/tmp` and a limit of memory of their own: root, util-linux, and control groups of version 1.
 * Undefined where they are plain processes.
 */
export function findIsolation(): Promise<Isolation | undefined> {
  found ??= look();
  return found;
}

async function look(): Promise<Isolation | undefined> {
  if (process.getuid?.() !== 0 || !existsSync(`${memoryTree}/memory.limit_in_bytes`)) return undefined;
  try {
    accessSync(memoryTree, constants.W_OK);
  } catch {
    return undefined;
  }
  const namespaces = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  if (!(await works('unshare', [...namespaces, 'true']))) return undefined;
  const { uid, gid } = functionUser;
  const asUser = ['--reuid', `${uid}`, '--regid', `${gid}`, '--clear-groups'];
  if (await works('setpriv', [...asUser, process.execPath, '--version'])) return functionUser;
  return (await works('setpriv', ['--reuid', '0', 'true'])) ? { uid: 0, gid: 0 } : undefined;
}

async function works(program: string, args: readonly string[]): Promise<boolean> {
  try {
    return (await run(program, args)).code === 0;
  } catch {
    return false;
  }
}
