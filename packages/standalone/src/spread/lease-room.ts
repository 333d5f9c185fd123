/** What decides how many more tasks a place may have. */
export interface RoomFacts {
  readonly slots: number;
  /** Tasks that the place has now, running ones included. */
  readonly held: number;
  /** Tasks that it gets through in a short while, as far as is known (`tasksAhead`). */
  readonly ahead: number;
  /** Tasks of the job that nobody has yet; undefined for a lazy input. */
  readonly remaining: number | undefined;
  /** Slots of all places that work, this one included. */
  readonly totalSlots: number;
  /** Slots of the other places for which there is no task yet. */
  readonly freeElsewhere: number;
}

/**
 * How many more tasks a place may have. Its free slots are always filled. Short tasks come far enough ahead to hide the way there, but near
 * the end of the job in ever smaller shares. Long tasks come ahead only while each slot of every place would still get one:
 * a task that waits behind another here may be the one that is missing there.
 */
export function leaseRoom(facts: RoomFacts): number {
  const { slots, held, ahead, remaining, totalSlots, freeElsewhere } = facts;
  const free = slots - held;
  const share = remaining === undefined ? ahead : Math.ceil((remaining * slots) / (2 * Math.max(1, totalSlots)));
  const short = Math.min(ahead - held, share);
  const plenty = remaining === undefined ? (freeElsewhere > 0 ? 0 : slots) : remaining - totalSlots;
  const long = Math.min(2 * slots - held, plenty);
  return Math.max(0, free, short, long);
}
