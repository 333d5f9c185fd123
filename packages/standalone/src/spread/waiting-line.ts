import type { Lease } from './lease.js';

/** Tasks that have left the job's source and wait for a place: returned ones first. */
export class WaitingLine {
  #leases: Lease[] = [];

  /** Tasks that come back go before all others, the lowest index first. */
  putFirst(leases: readonly Lease[], now: number): void {
    const some = leases.filter(lease => !lease.isInLine);
    for (const lease of some) enter(lease, now);
    this.#leases = [...some.sort((a, b) => a.index - b.index), ...this.#leases];
  }

  putLast(lease: Lease, now: number): void {
    if (lease.isInLine) return;
    enter(lease, now);
    this.#leases.push(lease);
  }

  /** Takes out up to `max` tasks that fit. */
  take(max: number, fits: (lease: Lease) => boolean): Lease[] {
    if (max <= 0 || this.#leases.length === 0) return [];
    const taken: Lease[] = [];
    const passedOver: Lease[] = [];
    let at = 0;
    for (; at < this.#leases.length && taken.length < max; at++) {
      const lease = this.#leases[at]!;
      if (lease.isOver) continue;
      (fits(lease) ? taken : passedOver).push(lease);
    }
    this.#leases = [...passedOver, ...this.#leases.slice(at)];
    for (const lease of taken) lease.isInLine = false;
    return taken;
  }

  has(fits: (lease: Lease) => boolean): boolean {
    return this.#leases.some(lease => !lease.isOver && fits(lease));
  }

  /** Empties the line. @returns the tasks that nobody has; the others were wanted a second time */
  clear(): Lease[] {
    const all = this.#leases.filter(lease => !lease.isOver);
    this.#leases = [];
    for (const lease of all) lease.isInLine = false;
    return all.filter(lease => lease.holder === undefined);
  }

  get isEmpty(): boolean {
    return this.#leases.every(lease => lease.isOver);
  }
}

function enter(lease: Lease, now: number): void {
  lease.isInLine = true;
  lease.waitingSince = now;
}
