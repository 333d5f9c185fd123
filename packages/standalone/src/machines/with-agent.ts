import { MegalithError } from '@megalith/agent';
import type { AgentRoute, Machine } from '../machine.js';
import { nameOf } from './machine-state.js';

export interface AskOptions {
  readonly signal?: AbortSignal;
  /** For the way to the machine and its answer together, milliseconds. @defaultValue 10,000 */
  readonly timeoutMs?: number;
  /** Brings an agent there where none runs. @defaultValue false */
  readonly start?: boolean;
}

/**
 * Does something over a route to the machine's agent, which is not started for it unless that is asked for.
 * @throws MegalithError NOT_FOUND where no agent of this Megalith runs there; TIMED_OUT; CANCELLED; what `reach` and `deed` throw
 */
export async function withAgent<T>(
  machine: Machine,
  deed: (route: AgentRoute, signal: AbortSignal) => Promise<T>,
  { signal, timeoutMs = 10_000, start = false }: AskOptions,
): Promise<T> {
  const deadline = AbortSignal.timeout(timeoutMs);
  const ending = signal === undefined ? deadline : AbortSignal.any([deadline, signal]);
  const isOver = new Promise<never>((_, reject) => {
    const end = (): void => reject(signal?.aborted ? cancelled(machine, signal) : silent(machine, timeoutMs));
    if (ending.aborted) end();
    else ending.addEventListener('abort', end, { once: true });
  });
  return await Promise.race([reached(machine, deed, start, ending), isOver]);
}

async function reached<T>(
  machine: Machine,
  deed: (route: AgentRoute, signal: AbortSignal) => Promise<T>,
  start: boolean,
  signal: AbortSignal,
): Promise<T> {
  const route = await machine.reach({ start, signal });
  const close = (): void => route.close();
  signal.addEventListener('abort', close, { once: true });
  try {
    // The time may have run out on the last step of the way.
    signal.throwIfAborted();
    return await deed(route, signal);
  } finally {
    signal.removeEventListener('abort', close);
    route.close();
  }
}

function silent(machine: Machine, timeoutMs: number): MegalithError {
  return new MegalithError('TIMED_OUT', `"${nameOf(machine)}" did not answer within ${timeoutMs / 1000} s`, {
    hint:
      machine.provider === 'ssh'
        ? 'check the network and that the machine is up: megalith hosts check'
        : 'see whether it is up: megalith pool ls',
  });
}

function cancelled(machine: Machine, signal: AbortSignal): MegalithError {
  return new MegalithError('CANCELLED', `asking "${nameOf(machine)}" was cancelled`, { cause: signal.reason });
}
