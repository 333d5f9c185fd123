import type { Interruption } from '../protocol/machine-messages.js';
import type { MachineShutdown } from './at-end.js';
import { interruptionText } from './closed-door.js';

/** A machine that is to be taken back by now, and is still here, ends by itself after this time, milliseconds. */
const overdueMs = 10 * 60 * 1000;

export interface StayFacts {
  /** Undefined where the machine lives on without its agent. */
  readonly shutdown: Pick<MachineShutdown, 'hasBegun' | 'reason'> | undefined;
  readonly interruption: Interruption | undefined;
  /** Other agents of the machine live, and this one is the youngest. */
  readonly hasOlderAgents: boolean;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** What an agent stays for beside jobs and clients, in one sentence; undefined for nothing. */
export function whyStays({ shutdown, interruption, hasOlderAgents, now }: StayFacts): string | undefined {
  if (shutdown?.hasBegun) return shutdown.reason;
  // What is done can be read until the power goes.
  if (interruption !== undefined && now < interruption.at + overdueMs) return interruptionText(interruption);
  // Of several agents the youngest is left, and ends the machine.
  return shutdown !== undefined && hasOlderAgents ? 'another agent of this machine still runs' : undefined;
}
