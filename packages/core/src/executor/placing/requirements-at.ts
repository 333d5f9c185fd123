import type { Requirements } from '@megalith/agent';
import type { Candidate } from '../../backends/backend.js';
import { memoryRoomBytes } from '../../placement/memory-room.js';
import type { PlaceableJob } from './ask-backends.js';

/**
 * What each task asks for at a place. Memory that the caller did not limit has a limit only where the place is made, or paid for, to hold just what the
 * tasks are expected to need.
 */
export function requirementsAt(place: Candidate, job: Pick<PlaceableJob, 'requirements' | 'profile'>): Requirements {
  const { requirements } = job;
  const isThere = place.kind === 'here' || place.kind === 'host';
  if (requirements.memoryBytes !== undefined || isThere) return requirements;
  const memoryBytes = memoryRoomBytes(place, job);
  return memoryBytes === undefined ? requirements : { ...requirements, memoryBytes };
}
