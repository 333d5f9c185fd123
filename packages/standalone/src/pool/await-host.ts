import { setTimeout as delay } from 'node:timers/promises';
import { isMegalithError, MegalithError } from '@megalith/agent';
import type { AgentRoute, Machine } from '../machine.js';
import type { Cloud } from './cloud.js';
import type { CloudMachine } from './cloud-machine.js';

export interface AwaitOptions {
  readonly cloud: Pick<Cloud, 'find'>;
  /** How to reach it as it is listed now; undefined while it has no address. */
  readonly hostOf: (machine: CloudMachine) => Promise<Machine | undefined>;
  /** From now until its agent serves, milliseconds. @defaultValue 10 min */
  readonly withinMs?: number;
  /** Between two looks, milliseconds. @defaultValue 500 at first, up to 3,000 */
  readonly pauseMs?: number;
  readonly signal?: AbortSignal | undefined;
}

const defaultWithinMs = 10 * 60_000;
const longestPauseMs = 3000;

/** Layers on which a machine that boots fails for a while: nobody listens yet, or sshd has not got its keys. */
const passing: ReadonlySet<unknown> = new Set(['name', 'route', 'port', 'banner', 'user', 'key']);

/** A machine whose agent serves. */
export interface ReadyMachine {
  readonly machine: CloudMachine;
  readonly host: Machine;
  readonly route: AgentRoute;
}

/**
 * Waits until a machine that was just made, or started, can be reached, and brings its agent there.
 * @throws MegalithError NO_CAPACITY where the cloud has ended it meanwhile; the last failure to reach it when the time is over; HOST_KEY,
 *   BOOTSTRAP_FAILED at once; CANCELLED
 */
export async function awaitHost(first: CloudMachine, options: AwaitOptions): Promise<ReadyMachine> {
  const { cloud, hostOf, withinMs = defaultWithinMs, signal } = options;
  const deadline = performance.now() + withinMs;
  let pauseMs = options.pauseMs ?? 500;
  let machine = first;
  let last: unknown;
  for (;;) {
    if (machine.state === 'running') {
      const host = await hostOf(machine);
      if (host !== undefined) {
        try {
          return {
            machine,
            host,
            route: await host.reach({ start: true, ...(signal === undefined ? {} : { signal }) }),
          };
        } catch (error) {
          if (!isPassing(error)) throw error;
          last = error;
        }
      }
    } else if (machine.state !== 'pending' && machine.state !== 'stopped') throw ended(machine);
    if (performance.now() + pauseMs > deadline) throw tooSlow(machine, withinMs, last);
    await pause(pauseMs, machine, signal);
    pauseMs = Math.min(longestPauseMs, pauseMs * 1.3);
    // What the cloud does not list yet, or no more, is as it was.
    machine = (await cloud.find(machine.id, signal)) ?? machine;
  }
}

function isPassing(error: unknown): boolean {
  return isMegalithError(error) && error.code === 'SSH_FAILED' && passing.has(error.details?.layer);
}

async function pause(ms: number, { id }: CloudMachine, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(ms, undefined, signal === undefined ? {} : { signal });
  } catch (cause) {
    throw new MegalithError('CANCELLED', `the wait for "${id}" was cancelled`, { cause });
  }
}

/** What is wrong where a machine was ended before anybody had it. */
export function ended({ id, state }: CloudMachine, cause?: unknown): MegalithError {
  return new MegalithError('NO_CAPACITY', `the cloud has ended "${id}" while it started: it is ${state}`, {
    hint: 'its console says why: a spot machine that is taken back, or a limit on volumes, are the usual reasons',
    details: { id, endedIn: state },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Whether the machine was ended while somebody waited for it, or takes nobody any more because it is about to be. */
export function hasEnded(error: unknown): boolean {
  return isMegalithError(error) && error.code === 'NO_CAPACITY' && error.details?.endedIn !== undefined;
}

function tooSlow(machine: CloudMachine, withinMs: number, last: unknown): MegalithError {
  const { id, state } = machine;
  const minutes = Math.round(withinMs / 60_000);
  const why =
    last instanceof Error ? `: ${last.message}` : state === 'running' ? ': it has no address' : `: it is ${state}`;
  const hint = isMegalithError(last) && last.hint !== undefined ? { hint: last.hint } : {};
  return new MegalithError('SSH_FAILED', `"${id}" could not be reached within ${minutes} min of its start${why}`, {
    ...hint,
    details: { id, ...(isMegalithError(last) ? last.details : {}) },
    cause: last,
  });
}
