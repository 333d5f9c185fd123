import { isMegalithError, MegalithError } from '@megalith/agent';
import { askAgent } from '../backend/agent-request.js';
import type { Machine } from '../machine.js';
import { answeredState, known, type MachineState } from './machine-state.js';
import { type AskOptions, withAgent } from './with-agent.js';

/**
 * Asks machines how they stand, all at once. Nothing is started; what can't be reached says why.
 * @throws MegalithError CANCELLED
 */
export async function machineStates(
  machines: readonly Machine[],
  options: AskOptions = {},
): Promise<readonly MachineState[]> {
  const states = await Promise.all(machines.map(machine => stateOf(machine, options)));
  if (options.signal?.aborted) {
    throw new MegalithError('CANCELLED', 'the look at machines was cancelled', { cause: options.signal.reason });
  }
  return states;
}

async function stateOf(machine: Machine, options: AskOptions): Promise<MachineState> {
  try {
    const { status } = await withAgent(
      machine,
      async (route, signal) => askAgent(await route.open(signal), { type: 'status' }),
      options,
    );
    return answeredState(machine, status);
  } catch (error) {
    if (!isMegalithError(error)) throw error;
    if (error.code === 'NOT_FOUND') return { ...known(machine), state: 'not started' };
    const { code, message, hint, details } = error;
    const layer = typeof details?.layer === 'string' ? { layer: details.layer } : {};
    const problem = { code, message, ...layer, ...(hint === undefined ? {} : { hint }) };
    return { ...known(machine), state: 'unreachable', problem };
  }
}
