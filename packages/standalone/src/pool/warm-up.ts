import type { Label, MegalithError } from '@megalith/agent';
import { isMegalithError } from '@megalith/agent';
import type { PoolDesk } from './acquire.js';
import type { CloudMachine } from './cloud-machine.js';
import { makeMachine, newIntent } from './make-machine.js';
import type { MachineRequirements } from './offer.js';

export interface WarmUpOptions {
  readonly requirements: MachineRequirements;
  /** The highest label of data that jobs may bring there. */
  readonly label: Label;
  /** Machines, made at the same time. */
  readonly count: number;
  readonly signal?: AbortSignal;
  /** Called for each machine once its agent serves. */
  readonly onReady?: (machine: CloudMachine) => void;
}

export interface WarmedUp {
  readonly machines: readonly CloudMachine[];
  /** Why the others could not be had, one each. */
  readonly failures: readonly MegalithError[];
}

/**
 * Makes machines up front, for whichever jobs come. Each has an intent without a job and stays until its agent, whose idle time the desk says, ends it.
 * That one could not be had takes nothing away from the others.
 * @throws MegalithError CANCELLED: machines that are not ready by then are ended; what is no failure of a machine
 */
export async function warmUp(desk: PoolDesk, options: WarmUpOptions): Promise<WarmedUp> {
  const { count, signal, onReady } = options;
  const machines: CloudMachine[] = [];
  const failures: MegalithError[] = [];
  const one = async (): Promise<void> => {
    const ready = await makeMachine(newIntent(options, desk), desk, signal, async () => undefined);
    ready.route.close();
    machines.push(ready.machine);
    onReady?.(ready.machine);
  };
  const settled = await Promise.allSettled(Array.from({ length: count }, one));
  for (const end of settled) {
    if (end.status === 'fulfilled') continue;
    if (!isMegalithError(end.reason) || end.reason.code === 'CANCELLED') throw end.reason;
    failures.push(end.reason);
  }
  return { machines, failures };
}
