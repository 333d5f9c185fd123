import type { Seat } from './seat.js';

const mostNames = 4;

/** The machines of a job in words: `alpha`, or `3 machines (alpha, beta, gamma)`. */
export function machineNames(seats: readonly Seat[]): string {
  const names = seats.map(seat => seat.place.name);
  if (names.length === 1) return names[0]!;
  const shown = names.slice(0, mostNames).join(', ');
  return `${names.length} machines (${shown}${names.length > mostNames ? ', …' : ''})`;
}
