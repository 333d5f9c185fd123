import { existsSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';

/** Where trees of control groups that systemd, or a sandbox of a function, uses may be. */
const trees = ['', '/systemd', '/unified', '/memory', '/cpu'].map(tree => `/sys/fs/cgroup${tree}`);

/** Names of the groups at the top of these trees. */
export function controlGroups(): string[] {
  return trees.filter(tree => existsSync(join(tree, 'cgroup.procs'))).flatMap(tree => readdirSync(tree));
}

/**
 * Removes a group and those in it, in all trees. One where something still ends is left to the next who sweeps.
 * @returns whether all are gone
 */
export function removeControlGroups(name: string): boolean {
  for (const tree of trees) {
    const group = join(tree, name);
    if (existsSync(join(group, 'cgroup.procs'))) remove(group);
  }
  return !trees.some(tree => existsSync(join(tree, name, 'cgroup.procs')));
}

/** A file of a group; nothing where the group is gone. */
export function controlGroupFile(group: string, file: string): string {
  try {
    return readFileSync(join(group, file), 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENODEV') return '';
    throw error;
  }
}

function remove(group: string): void {
  try {
    for (const entry of readdirSync(group, { withFileTypes: true })) {
      if (entry.isDirectory()) remove(join(group, entry.name));
    }
    rmdirSync(group);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // ENOENT, ENODEV: others sweep, too.
    if (code !== 'EBUSY' && code !== 'ENOENT' && code !== 'ENODEV') throw error;
  }
}
