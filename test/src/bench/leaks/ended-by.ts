import type { SimulatedInstance } from '../../ec2/ec2-simulator.js';

/** Who ended a machine: a client that gave it back, a sweep and why, the cloud itself, its agent when it was idle, or its own timer at its absolute end. */
export type EndedBy = 'client' | `sweep: ${string}` | 'cloud' | 'agent' | 'timer';

/** What was seen of a machine beside what the cloud says. */
export interface SeenEnd {
  /** Why a sweep ended it; undefined where none did. */
  readonly sweptFor?: string | undefined;
  /** Whether its own timer was due when it went off. */
  readonly wasDue: boolean;
}

/** Undefined while it lives. */
export function endedBy({ state, stateReason = '' }: SimulatedInstance, seen: SeenEnd): EndedBy | undefined {
  if (state !== 'terminated' && state !== 'shutting-down') return undefined;
  if (stateReason.startsWith('Client.InstanceInitiatedShutdown')) return seen.wasDue ? 'timer' : 'agent';
  if (!stateReason.startsWith('Client.User')) return 'cloud';
  return seen.sweptFor === undefined ? 'client' : `sweep: ${seen.sweptFor}`;
}
