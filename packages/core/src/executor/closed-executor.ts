import { MegalithError } from '@megalith/agent';
import type { Launch } from './launch.js';

/** A job that fails because its executor was closed before. */
export function refused(what: Launch): Launch {
  return { ...what, prepare: () => Promise.reject(closed(`run "${what.name}"`)) };
}

export function closed(deed: string): MegalithError {
  return new MegalithError('USAGE', `cannot ${deed}: the executor was closed`, { hint: 'make a new executor' });
}
