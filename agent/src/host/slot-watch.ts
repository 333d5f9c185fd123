import type { Slot } from './slot.js';
import type { SlotPool } from './slot-pool.js';

/** How long a slot may be silent before it is asked how far it is: what a task may be held up by a slow neighbour, twice over. */
export const tickMs = 20;

/**
 * Watches slots for a task that takes its time: then the slot's other tasks are taken back, so that they run elsewhere, and the
 * task is known to run (its `started` event, its time limit). Sleeps while there is nothing to watch.
 */
export class SlotWatch {
  readonly #pool: SlotPool;
  #timer: NodeJS.Timeout | undefined;

  constructor(pool: SlotPool) {
    this.#pool = pool;
  }

  start(): void {
    this.#timer ??= setInterval(() => this.#tick(), tickMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Asks a slot how far it is, and takes back what it has not begun. */
  nudge(slot: Slot): void {
    if (slot.nudged) return;
    slot.nudged = true;
    slot.process.send({ type: 'nudge', executor: slot.executor, revoke: true });
  }

  #tick(): void {
    let watched = false;
    for (const slot of this.#pool.slots()) {
      if (slot.length === 0 || slot.running !== undefined) continue;
      watched = true;
      // A module may take its time to load; nothing has begun before.
      if (slot.loading !== undefined) continue;
      if (slot.seenCount !== slot.settledCount) slot.seenCount = slot.settledCount;
      else this.nudge(slot);
    }
    if (!watched) this.stop();
  }
}
