import { kernelUnits } from '../process/kernel-units.js';
import { ProcessTree } from '../process/process-tree.js';
import { readSmallFile } from '../process/small-file.js';

/**
 * Memory of a sandbox that dies as a whole where its processes take more than its limit, and shows that limit neither in a cgroup nor in
 * `/proc/meminfo`: what is left is counted here.
 */
export class SandboxMemory {
  readonly limitBytes: number;
  readonly #tree: ProcessTree;
  #members: readonly number[] = [];

  /** @param pid the sandbox's first process */
  constructor(limitBytes: number, pid: number = process.pid) {
    this.limitBytes = limitBytes;
    this.#tree = new ProcessTree(pid);
  }

  /** Looks for processes that came or went, which takes longer than to measure those that are known. */
  refresh(): void {
    this.#tree.sample();
    this.#members = this.#tree.members().map(({ pid }) => pid);
  }

  /** What could be had now, bytes. */
  availableBytes(): number {
    return Math.max(0, this.limitBytes - usedBytes(this.#members.flatMap(pid => pagesOf(pid) ?? [])));
  }
}

interface ProcessPages {
  readonly residentBytes: number;
  /** Of those: pages of files, which processes of one program have together. */
  readonly sharedBytes: number;
}

/** Every process's own pages, and the program's once: the processes of a sandbox are nearly all Node. */
export function usedBytes(processes: readonly ProcessPages[]): number {
  let own = 0;
  let shared = 0;
  for (const { residentBytes, sharedBytes } of processes) {
    own += residentBytes - sharedBytes;
    shared = Math.max(shared, sharedBytes);
  }
  return own + shared;
}

/** See proc(5), /proc/PID/statm: size, resident, shared, …, in pages. */
function pagesOf(pid: number): ProcessPages | undefined {
  const [, resident, shared] = readSmallFile(`/proc/${pid}/statm`)?.split(' ').map(Number) ?? [];
  if (resident === undefined || shared === undefined) return undefined;
  const { pageBytes } = kernelUnits;
  return { residentBytes: resident * pageBytes, sharedBytes: shared * pageBytes };
}
