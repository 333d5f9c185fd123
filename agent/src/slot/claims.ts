import { word } from './slot-memory.js';

/*
 * A slot is sent whole batches, yet no task may wait behind a slow neighbour. So each task has a ticket, and a task runs only
 * after its ticket was taken here. The control thread can close the counter in one atomic step, even while the executor is
 * deep in a synchronous loop: what was not taken by then is free to run elsewhere, and runs nowhere twice.
 */

/** Tickets count modulo this. */
export const ticketModulus = 2 ** 30;
const closed = -1;

export function ticketAfter(ticket: number, count = 1): number {
  return (ticket + count) % ticketModulus;
}

/** How many tickets lie from `from` up to `to`. */
export function ticketsBetween(from: number, to: number): number {
  return (to - from + ticketModulus) % ticketModulus;
}

/** Takes a ticket; false when it was revoked. Tickets are taken in order. */
export function takeTicket(words: Int32Array, ticket: number): boolean {
  return Atomics.compareExchange(words, word.claim, ticket, ticketAfter(ticket)) === ticket;
}

/** Lets tickets from `ticket` on be taken, if the counter is closed. */
export function openTickets(words: Int32Array, ticket: number): void {
  Atomics.compareExchange(words, word.claim, closed, ticket);
}

/** Closes the counter and gives the first ticket that was not taken; undefined if it was closed already. */
export function revokeTickets(words: Int32Array): number | undefined {
  const first = Atomics.exchange(words, word.claim, closed);
  return first === closed ? undefined : first;
}

/** The first ticket that was not taken so far; undefined while the counter is closed. */
export function nextTicket(words: Int32Array): number | undefined {
  const ticket = Atomics.load(words, word.claim);
  return ticket === closed ? undefined : ticket;
}
