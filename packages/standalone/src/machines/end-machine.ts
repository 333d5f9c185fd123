import { isMegalithError } from '@megalith/agent';
import { askAgent } from '../backend/agent-request.js';
import type { Machine } from '../machine.js';
import { type AskOptions, withAgent } from './with-agent.js';

/** `not started`: no agent of this Megalith ran there. */
export type EndedState = 'draining' | 'stopped' | 'not started';

/**
 * The machine's agent takes no new jobs from now on, and ends with the last it has.
 * @throws MegalithError SSH_FAILED, HOST_KEY, TIMED_OUT, CANCELLED
 */
export function drainMachine(machine: Machine, options: AskOptions = {}): Promise<EndedState> {
  return unlessGone(
    withAgent(
      machine,
      async (route, signal) => {
        await askAgent(await route.open(signal), { type: 'drain' });
        return 'draining' as const;
      },
      options,
    ),
  );
}

/**
 * Ends the machine's agent. Without `force` only where it has no jobs; with it they are begun again by the next agent.
 * @throws MegalithError USAGE where it has jobs; SSH_FAILED, HOST_KEY, TIMED_OUT, CANCELLED
 */
export function stopMachine(
  machine: Machine,
  { force = false, ...options }: AskOptions & { readonly force?: boolean } = {},
): Promise<EndedState> {
  return unlessGone(
    withAgent(
      machine,
      async (route, signal) => {
        await askAgent(await route.open(signal), { type: 'stop', force });
        return 'stopped' as const;
      },
      options,
    ),
  );
}

async function unlessGone(asked: Promise<EndedState>): Promise<EndedState> {
  try {
    return await asked;
  } catch (error) {
    if (isMegalithError(error) && error.code === 'NOT_FOUND') return 'not started';
    throw error;
  }
}
