import { processIds } from './process-ids.js';
import { isLiving, type ProcessStat, readProcessStat } from './process-stat.js';

/** At most this part of the time goes into scanning, however many processes the machine has. */
const scanShare = 0.02;
/** After such a pause pids may have been used again, so nothing known is kept. */
const forgetAfterMs = 10_000;

/**
 * All processes of the machine, as each was when first seen. One table serves all who sample: a scan lists /proc and
 * reads only what is new, and scans are spaced so that they take 2 % of the time at most.
 */
export class ProcessTable {
  #known = new Map<number, ProcessStat>();
  #scannedAt = Number.NEGATIVE_INFINITY;
  #costMs = 0;
  #scans = 0;

  /** Scans anew if that is due. Gives the number of scans so far: unchanged means that nothing new is known. */
  refresh(): number {
    const start = performance.now();
    const pause = start - this.#scannedAt;
    if (pause < this.#costMs / scanShare) return this.#scans;
    const before = pause > forgetAfterMs ? new Map<number, ProcessStat>() : this.#known;
    const now = new Map<number, ProcessStat>();
    for (const pid of processIds()) {
      const stat = before.get(pid) ?? readProcessStat(pid);
      if (stat && isLiving(stat)) now.set(pid, stat);
    }
    this.#known = now;
    this.#scannedAt = performance.now();
    this.#costMs = this.#scannedAt - start;
    return ++this.#scans;
  }

  processes(): Iterable<ProcessStat> {
    return this.#known.values();
  }
}

/** The table of this program. */
export const processTable: ProcessTable = new ProcessTable();
