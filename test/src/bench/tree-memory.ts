import { readdirSync, readFileSync } from 'node:fs';

/**
 * Memory of a process and all its descendants, in bytes: the proportional set size (a page that several processes map
 * counts once, split among them), from Linux' `/proc`.
 */
export function treeMemoryBytes(rootPid: number): number {
  let bytes = 0;
  for (const pid of treeOf(rootPid, parentOfEach())) bytes += proportionalBytes(pid);
  return bytes;
}

/** The root and everything below it. */
export function treeOf(root: number, parents: ReadonlyMap<number, number>): number[] {
  const tree = [root];
  for (let i = 0; i < tree.length; i++) {
    for (const [pid, parent] of parents) if (parent === tree[i]) tree.push(pid);
  }
  return tree;
}

function parentOfEach(): Map<number, number> {
  const parents = new Map<number, number>();
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) continue;
    const stat = readIfAlive(`/proc/${pid}/stat`);
    // The name, in parentheses, may hold anything; the parent is the second field after it.
    const parent = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
    if (parent !== undefined) parents.set(pid, Number(parent));
  }
  return parents;
}

function proportionalBytes(pid: number): number {
  const kibibytes = /^Pss:\s+(\d+) kB/m.exec(readIfAlive(`/proc/${pid}/smaps_rollup`) ?? '')?.[1];
  return Number(kibibytes ?? 0) * 1024;
}

/** Undefined where the process ended meanwhile. */
function readIfAlive(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}
