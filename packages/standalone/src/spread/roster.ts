import type { MegalithError } from '@megalith/core';
import { leaseRoom } from './lease-room.js';
import { tasksAhead } from './pace.js';
import type { Place } from './place.js';
import type { Loss } from './place-loss.js';
import { Seat } from './seat.js';
import { isSilent } from './stragglers.js';

/** The places of one job: who works, who is gone, and how much each may have. */
export class Roster {
  readonly seats: Seat[] = [];
  /** Places that are no more, in the order in which they went. */
  readonly losses: Loss[] = [];
  /** More places may come. */
  awaitsPlaces = false;
  readonly #silentMs: number;

  /** @param silentMs without a sign of life for so long, a machine is silent */
  constructor(silentMs: number) {
    this.#silentMs = silentMs;
  }

  get present(): Seat[] {
    return this.seats.filter(seat => seat.state !== 'gone');
  }

  /** Every place is gone, and none will come. */
  get isForsaken(): boolean {
    return !this.awaitsPlaces && this.seats.every(seat => seat.state === 'gone');
  }

  join(place: Place): Seat {
    const seat = new Seat(place);
    this.seats.push(seat);
    return seat;
  }

  lose(seat: Seat, error: MegalithError): void {
    seat.state = 'gone';
    seat.held = 0;
    seat.losers.clear();
    this.losses.push({ place: seat.place.name, error });
  }

  /** Whether tasks may be given to it: one that ends them unasked gets some only where there is nobody else, so that the job ends. */
  isOpen(seat: Seat): boolean {
    if (seat.state !== 'leaving') return seat.state === 'live';
    return !this.awaitsPlaces && this.seats.every(other => other.state !== 'live');
  }

  /** Whether a task that should not be at this place has anywhere else to go. */
  isElsewhere(seat: Seat): boolean {
    return this.awaitsPlaces || this.seats.some(other => other !== seat && other.state === 'live');
  }

  /** How many more tasks it may have. @param remaining tasks of the job that nobody has yet; undefined for a lazy input */
  room(seat: Seat, remaining: number | undefined): number {
    if (!this.isOpen(seat)) return 0;
    let totalSlots = 0;
    let free = 0;
    for (const each of this.seats) {
      if (!this.isOpen(each)) continue;
      totalSlots += each.slots;
      free += each.freeSlots;
    }
    const ahead = tasksAhead(seat.pace, seat.slots);
    const { slots, held } = seat;
    return leaseRoom({ slots, held, ahead, remaining, totalSlots, freeElsewhere: free - seat.freeSlots });
  }

  isSilent(seat: Seat, now: number): boolean {
    return isSilent(seat.unheardMs(now), this.#silentMs);
  }

  /** Slots that have nothing to do, at machines that would notice. */
  idleSlots(now: number): number {
    let idle = 0;
    for (const seat of this.seats) if (this.isOpen(seat) && !this.isSilent(seat, now)) idle += seat.freeSlots;
    return idle;
  }
}
