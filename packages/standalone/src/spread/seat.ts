import { IndexSet } from '@megalith/core';
import type { Pace } from './pace.js';
import type { Place } from './place.js';

/**
 * What is known of one place while a job is spread over it.
 * `leaving`: it ends tasks that nobody asked it to end, so it gets no more while there are others. `gone`: its run has ended.
 */
export class Seat {
  readonly place: Place;
  state: 'live' | 'leaving' | 'gone' = 'live';
  /** Tasks that it was given and that have not had their last event from it. */
  held = 0;
  pace: Pace | undefined;
  /** Tasks that it still runs though their outcome no longer counts: the attempt, by index. */
  readonly losers = new Map<number, number>();
  /** Indexes whose output from here is not shown. */
  readonly muted = new Set<number>();
  /** Every index that it was ever given. */
  readonly indexes = new IndexSet();

  constructor(place: Place) {
    this.place = place;
  }

  get slots(): number {
    return this.place.slots;
  }

  get freeSlots(): number {
    return Math.max(0, this.slots - this.held);
  }

  unheardMs(now: number): number | undefined {
    return this.place.heardAt === undefined ? undefined : now - this.place.heardAt();
  }

  /** What it runs under this index counts no more. */
  lost(index: number, attempt: number): void {
    this.losers.set(index, attempt);
    this.muted.add(index);
  }
}
