import { join } from 'node:path';
import { readSmallFile } from '../process/small-file.js';
import { ownCgroup } from './own-cgroup.js';
import { numberAfter } from './usable-memory.js';

/**
 * Counts the processes of our cgroup that the kernel killed for lack of memory; those of the whole machine where the
 * cgroup does not count. The count itself is undefined where the system tells nothing.
 * @param root stands for `/` in tests
 */
export function oomKillCounter(root = '/'): () => number | undefined {
  const place = ownCgroup('memory', root);
  // The kernel counts in the victim's group: v2 sums over the groups below, v1 does not.
  const file = place?.version === 2 ? 'memory.events' : 'memory.oom_control';
  const paths = [...(place ? [join(place.directory, file)] : []), join(root, 'proc/vmstat')];
  const counts = (path: string) => numberAfter(readSmallFile(path), 'oom_kill');
  const counting = paths.find(path => counts(path) !== undefined);
  return () => (counting === undefined ? undefined : counts(counting));
}

/**
 * Tells a kernel's kill for lack of memory from anyone else's SIGKILL. The kernel does not say whom it killed, only
 * how many; so each count is the evidence for one death only, and only for a task that ran when it rose.
 */
export class OomWatch {
  readonly #count: () => number | undefined;
  #claimed: number;

  constructor(count: () => number | undefined = oomKillCounter()) {
    this.#count = count;
    this.#claimed = count() ?? 0;
  }

  /** To be taken when a task starts. */
  mark(): number {
    return this.#count() ?? 0;
  }

  /** Called for a task that died of SIGKILL: kills since its mark that explain no other death. Takes one of them. */
  claim(mark: number): number {
    const count = this.#count() ?? 0;
    const unexplained = Math.max(0, count - Math.max(mark, this.#claimed));
    if (unexplained > 0) this.#claimed = Math.max(mark, this.#claimed) + 1;
    return unexplained;
  }
}
