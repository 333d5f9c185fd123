import { MegalithError } from '@megalith/agent';
import { askAgent } from '../backend/agent-request.js';
import type { PoolDesk, Wanted } from './acquire.js';
import type { ReadyMachine } from './await-host.js';
import type { CloudMachine } from './cloud-machine.js';
import { mustEnd } from './keeping.js';

/** Why a machine's agent does not give it to a job. */
export interface LeaseRefusal {
  readonly reason: 'BUSY' | 'LABEL' | 'DRAINING' | 'TOO_SMALL';
  readonly message: string;
}

/** A job's first sign of life comes right after its lease. */
const leaseTtlMs = 5 * 60_000;

/** Asks a machine's agent to give it to a job. Undefined where the job has it, and the machine's own timer ends it for good. */
export async function leaseMachine(
  wanted: Wanted,
  { route, machine }: Pick<ReadyMachine, 'route' | 'machine'>,
  desk: Pick<PoolDesk, 'owner' | 'cloud' | 'now' | 'tell' | 'keeping'>,
  signal?: AbortSignal,
): Promise<LeaseRefusal | undefined> {
  const { cpus, memoryBytes } = wanted.requirements;
  const holder = { owner: desk.owner, job: wanted.job };
  const answer = await askAgent(await route.open(), {
    type: 'lease',
    holder,
    label: wanted.label,
    requirements: { cpus, memoryBytes },
    ttlMs: leaseTtlMs,
  });
  if (!answer.granted) return answer;
  try {
    await mustEnd(machine, desk, signal);
    return undefined;
  } catch (error) {
    await askAgent(await route.open(), { type: 'endLease', holder });
    signal?.throwIfAborted();
    return { reason: 'DRAINING', message: `its shutdown is a stop, and stays one: ${(error as Error).message}` };
  }
}

/** What is wrong where a machine is not even for the job that it was made for. */
export function refusedByOwn({ id, type }: CloudMachine, { job }: Wanted, refusal: LeaseRefusal): MegalithError {
  const { reason, message } = refusal;
  // One that is about to go, as after a spot notice, is as good as gone.
  const details = { id, type, reason, ...(reason === 'DRAINING' ? { endedIn: 'draining' } : {}) };
  if (reason === 'BUSY') {
    return new MegalithError('NO_CAPACITY', `"${id}" was made for job "${job}", and somebody else has it: ${message}`, {
      hint: 'two clients of one owner run the same job: give each its own id',
      details,
    });
  }
  return new MegalithError('NO_CAPACITY', `"${id}" was made for job "${job}" and does not take it: ${message}`, {
    hint: reason === 'TOO_SMALL' ? 'ask for a little less, or allow larger `types`' : 'run it again',
    details,
  });
}
