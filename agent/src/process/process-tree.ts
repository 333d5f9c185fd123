import type { ProcessIdentity } from './process-identity.js';
import { isLiving, type ProcessStat, readProcessStat } from './process-stat.js';
import { type ProcessTable, processTable } from './process-table.js';
import { listDirectory, readSmallFile } from './small-file.js';

/** What a process and all its descendants use at one moment. */
export interface TreeUsage {
  readonly processes: number;
  /** Sum over processes: memory that several of them share is counted for each. */
  readonly rssBytes: number;
  /** Highest resident memory that a single process of the tree had so far. */
  readonly largestProcessPeakBytes: number;
  /** CPU time of all processes so far, those that ended included, milliseconds. */
  readonly cpuUserMs: number;
  readonly cpuSystemMs: number;
}

/**
 * A process that leads its own session, and all its descendants. Each `sample` follows the children of the members
 * that it knows, so its cost does not depend on how many other processes the machine has; a member once seen stays one,
 * even if it leaves the session or its parent dies. Children of a parent that died between two samples are found by
 * their session in the machine's process table.
 */
export class ProcessTree {
  readonly #root: number;
  readonly #table: ProcessTable;
  readonly #members = new Map<number, ProcessStat>();
  #found = false;
  #tableScans = 0;
  #goneUserMs = 0;
  #goneSystemMs = 0;
  #largestProcessPeakBytes = 0;

  constructor(root: number, table: ProcessTable = processTable) {
    this.#root = root;
    this.#table = table;
  }

  /** Undefined when no member lives, and where there is no /proc. */
  sample(): TreeUsage | undefined {
    // Once all have gone the pid of the root may be anyone's.
    if (this.#members.size === 0) {
      if (this.#found) return undefined;
      const root = readProcessStat(this.#root);
      if (!root || !isLiving(root)) return undefined;
      this.#found = true;
      this.#members.set(this.#root, root);
    }
    this.#adoptStrays();
    const ended: ProcessStat[] = [];
    // New members are met later in this very loop.
    for (const member of this.#members.values()) {
      const stat = readProcessStat(member.pid);
      if (!stat || stat.startTicks !== member.startTicks || !isLiving(stat)) {
        ended.push(member);
        continue;
      }
      this.#members.set(stat.pid, stat);
      for (const child of childrenOf(stat)) this.#adopt(child);
    }
    for (const member of ended) this.#bury(member);
    return this.#members.size === 0 ? undefined : this.#usage();
  }

  /** The members that lived at the last sample. */
  members(): ProcessIdentity[] {
    return [...this.#members.values()].map(({ pid, startTicks }) => ({ pid, startTicks }));
  }

  #adoptStrays(): void {
    const scans = this.#table.refresh();
    if (scans === this.#tableScans) return;
    this.#tableScans = scans;
    for (const stat of this.#table.processes()) {
      if (stat.session === this.#root || this.#members.has(stat.parentPid)) this.#adopt(stat.pid);
    }
  }

  #adopt(pid: number): void {
    if (this.#members.has(pid)) return;
    const stat = readProcessStat(pid);
    if (!stat || !isLiving(stat)) return;
    // Both sources tell of a moment ago: the pid may be someone else's by now.
    if (stat.session === this.#root || this.#members.has(stat.parentPid)) this.#members.set(pid, stat);
  }

  /** The CPU time of a process that ended is in its parent's figure, if the parent is there to wait for it. */
  #bury(member: ProcessStat): void {
    this.#members.delete(member.pid);
    if (this.#members.has(member.parentPid)) return;
    this.#goneUserMs += member.cpuUserMs;
    this.#goneSystemMs += member.cpuSystemMs;
  }

  #usage(): TreeUsage {
    let rssBytes = 0;
    let cpuUserMs = this.#goneUserMs;
    let cpuSystemMs = this.#goneSystemMs;
    for (const stat of this.#members.values()) {
      rssBytes += stat.rssBytes;
      cpuUserMs += stat.cpuUserMs;
      cpuSystemMs += stat.cpuSystemMs;
      this.#largestProcessPeakBytes = Math.max(this.#largestProcessPeakBytes, peakOf(stat.pid) ?? stat.rssBytes);
    }
    const largestProcessPeakBytes = this.#largestProcessPeakBytes;
    return { processes: this.#members.size, rssBytes, largestProcessPeakBytes, cpuUserMs, cpuSystemMs };
  }
}

/** Children belong to the thread that made them. Empty on kernels without CONFIG_PROC_CHILDREN. */
function childrenOf(stat: ProcessStat): number[] {
  const threads = stat.threads > 1 ? (listDirectory(`/proc/${stat.pid}/task`) ?? []) : [stat.pid];
  return threads.flatMap(thread => {
    const text = readSmallFile(`/proc/${stat.pid}/task/${thread}/children`);
    return text ? text.trim().split(' ').map(Number) : [];
  });
}

function peakOf(pid: number): number | undefined {
  const kib = readSmallFile(`/proc/${pid}/status`)?.match(/^VmHWM:\s+(\d+) kB/m)?.[1];
  return kib === undefined ? undefined : Number(kib) * 1024;
}
