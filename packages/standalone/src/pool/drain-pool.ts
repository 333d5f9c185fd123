import { isMegalithError, MegalithError } from '@megalith/agent';
import { nearMatches } from '@megalith/core';
import { drainMachine, type EndedState } from '../machines/end-machine.js';
import type { PoolDesk } from './acquire.js';
import type { CloudMachine } from './cloud-machine.js';
import type { IntentStore } from './intent-store.js';
import { mustEnd } from './keeping.js';

/**
 * `draining`: it takes no new jobs and ends with the last it has. `not started`: no agent runs there. `not running`: it has no agent to ask, and
 * costs its disks at most. `unreachable`: nobody could ask it.
 */
export interface DrainedMachine {
  readonly id: string;
  readonly state: EndedState | 'not running' | 'unreachable';
  readonly problem?: string;
  readonly hint?: string;
}

/**
 * Asks the agents of machines to take no new jobs, all at once. Those made to be warm, and stopped ones that no job has, are no longer wanted,
 * so that the dismantler ends what its own agent does not.
 * @param ids all machines of this owner where it is empty
 * @throws MegalithError NOT_FOUND for an id that the cloud does not list; NO_CREDENTIALS, CLOUD_FAILED, CANCELLED
 */
export async function drainPool(
  { desk, intents }: { readonly desk: PoolDesk; readonly intents: IntentStore },
  ids: readonly string[],
  signal?: AbortSignal,
): Promise<readonly DrainedMachine[]> {
  const alive: CloudMachine[] = [];
  for await (const machine of desk.cloud.list(signal)) {
    if (machine.state !== 'terminated' && machine.state !== 'shutting-down') alive.push(machine);
  }
  const chosen =
    ids.length === 0
      ? alive.filter(({ tags }) => tags.owner === desk.owner)
      : [...new Set(ids)].map(id => alive.find(machine => machine.id === id) ?? refuse(id, alive));
  const { intents: known } = await intents.all();
  const drained = await Promise.all(
    chosen.map(async machine => {
      const intent = known.find(each => each.id === machine.tags.intent);
      // Nothing runs on a stopped one that its job has left: without an intent the dismantler ends it.
      const isLeft = intent?.releasedAt !== undefined && isDown(machine);
      if (intent !== undefined && (intent.job === undefined || isLeft)) await intents.close(intent.id, desk.now());
      return await drain(machine, desk, signal);
    }),
  );
  signal?.throwIfAborted();
  return drained;
}

async function drain(machine: CloudMachine, desk: PoolDesk, signal: AbortSignal | undefined): Promise<DrainedMachine> {
  const { id, state } = machine;
  if (isDown(machine)) return { id, state: 'not running' };
  try {
    const host = await desk.hostOf(machine);
    await mustEnd(machine, desk, signal);
    if (host !== undefined) {
      return { id, state: await drainMachine(host, signal === undefined ? {} : { signal }) };
    }
    const problem = state === 'pending' ? 'it boots' : 'this client has no key to it, or it has no address';
    return { id, state: 'unreachable', problem };
  } catch (error) {
    if (!isMegalithError(error) || error.code === 'CANCELLED') throw error;
    const { message, hint } = error;
    return { id, state: 'unreachable', problem: message, ...(hint === undefined ? {} : { hint }) };
  }
}

function isDown({ state }: CloudMachine): boolean {
  return state === 'stopping' || state === 'stopped';
}

function refuse(id: string, alive: readonly CloudMachine[]): never {
  const known = alive.map(machine => machine.id);
  const near = nearMatches(id, known);
  const hint =
    near.length > 0
      ? `did you mean ${near.map(each => `"${each}"`).join(' or ')}?`
      : 'see `megalith pool ls` for those that there are';
  throw new MegalithError('NOT_FOUND', `the cloud has no machine "${id}"`, { hint, details: { id, near } });
}
