import { existsSync, readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';

/** Where trees of control groups that systemd uses may be. */
const trees = ['/sys/fs/cgroup', '/sys/fs/cgroup/systemd', '/sys/fs/cgroup/unified'];

/** Names of the groups at the top of these trees. */
export function controlGroups(): string[] {
  return trees.filter(tree => existsSync(join(tree, 'cgroup.procs'))).flatMap(tree => readdirSync(tree));
}

/** Removes a group and those in it, in all trees. One where something still ends is left to the next who sweeps. */
export function removeControlGroups(name: string): void {
  for (const tree of trees) {
    const group = join(tree, name);
    if (existsSync(join(group, 'cgroup.procs'))) remove(group);
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
