import type { Clearance } from '../inventory/host-entry.js';
import { formatMs } from './in-words.js';
import { type Life, labelProblem } from './lifecycle.js';
import type { MachineRequirements } from './offer.js';

/** A machine of the pool, with what its reuse depends on. */
export interface PooledMachine {
  readonly id: string;
  readonly life: Life;
  readonly owner: string;
  readonly image: string;
  readonly cpus: number;
  /** What tasks can have of it. */
  readonly usableMemoryBytes: number;
  /** What jobs can have of its disks; undefined where nobody looked. */
  readonly diskBytes?: number;
  readonly usdPerHour: number;
  /** Its absolute end, epoch milliseconds. */
  readonly expiresAt: number;
  /** The job that it was made for and that has not come to it yet: others leave it alone. */
  readonly reservedFor?: string;
  /** When the job that has it ends, as far as anybody can tell, epoch milliseconds. */
  readonly freeAt?: number;
}

export interface WantedMachine {
  readonly requirements: MachineRequirements;
  readonly label: Clearance;
  readonly owner: string;
  readonly image: string;
  readonly job: string;
  /** The machine that the job was planned for: where it is to be had, no other is better. */
  readonly planned?: string | undefined;
  /** How long the job may take, milliseconds: it must end before the machine does. @defaultValue 10 min */
  readonly lastsMs?: number;
  /** A dearer machine is not worth it. @defaultValue any price */
  readonly maxUsdPerHour?: number;
}

/** Why a machine is not for a job. */
interface RejectedMachine {
  readonly id: string;
  /** The first of these that holds. `STATE`: it is right, and not free. */
  readonly code: 'OWNER' | 'IMAGE' | 'LABEL' | 'TOO_SMALL' | 'DEARER' | 'ENDS_SOON' | 'RESERVED' | 'STATE' | 'SECOND';
  readonly why: string;
}

export interface MachineChoice {
  /** A warm machine serves at once; a stopped one must be started. */
  readonly use: 'warm' | 'stopped' | 'none';
  readonly machine?: PooledMachine;
  readonly rejected: readonly RejectedMachine[];
  /** Of those that are right and busy, the one that is free first, from now, milliseconds. */
  readonly soonest?: { readonly id: string; readonly inMs: number };
}

/** A machine that ends sooner is not worth a job of unknown length. */
export const leastLifeMs = 10 * 60_000;

/** Which machine that is there a job should have: the one that it was planned for, else warm before stopped, the one made for it first, then the smallest that fits. */
export function chooseMachine(wanted: WantedMachine, machines: readonly PooledMachine[], now: number): MachineChoice {
  const rejected: RejectedMachine[] = [];
  const free: PooledMachine[] = [];
  let soonest: { id: string; inMs: number } | undefined;
  for (const machine of machines) {
    const { id, life, freeAt } = machine;
    const unfit = misfit(wanted, machine, now);
    if (unfit !== undefined) rejected.push({ id, ...unfit });
    else if (life.state === 'warm' || life.state === 'stopped') free.push(machine);
    else {
      rejected.push({ id, code: 'STATE', why: `it is ${life.state}` });
      if (life.state !== 'leased' || freeAt === undefined) continue;
      const inMs = Math.max(0, freeAt - now);
      // By the time that it is free, enough of its life must be left.
      const isInTime = freeAt + (wanted.lastsMs ?? leastLifeMs) <= machine.expiresAt;
      if (isInTime && (soonest === undefined || inMs < soonest.inMs)) soonest = { id, inMs };
    }
  }
  const [best, ...others] = free.sort(byWorth(wanted));
  for (const { id } of others) rejected.push({ id, code: 'SECOND', why: `"${best!.id}" is better` });
  const wait = soonest === undefined ? {} : { soonest };
  if (best === undefined) return { use: 'none', rejected, ...wait };
  return { use: best.life.state === 'warm' ? 'warm' : 'stopped', machine: best, rejected, ...wait };
}

function misfit(wanted: WantedMachine, machine: PooledMachine, now: number): Omit<RejectedMachine, 'id'> | undefined {
  if (machine.owner !== wanted.owner) return { code: 'OWNER', why: `it is of "${machine.owner}"` };
  if (machine.image !== wanted.image) return { code: 'IMAGE', why: `it was made from "${machine.image}"` };
  const label = labelProblem(machine.life, wanted.label);
  if (label !== undefined) return { code: 'LABEL', why: label };
  const small = tooSmall(wanted.requirements, machine);
  if (small !== undefined) return { code: 'TOO_SMALL', why: small };
  const { maxUsdPerHour, lastsMs = leastLifeMs } = wanted;
  if (maxUsdPerHour !== undefined && machine.usdPerHour > maxUsdPerHour) {
    return { code: 'DEARER', why: `it costs $${machine.usdPerHour} an hour, and $${maxUsdPerHour} is the most` };
  }
  const leftMs = machine.expiresAt - now;
  if (!(leftMs >= lastsMs)) {
    return {
      code: 'ENDS_SOON',
      why: `it ends in ${formatMs(Math.max(0, leftMs))}, and ${formatMs(lastsMs)} are wanted`,
    };
  }
  if (machine.reservedFor !== undefined && machine.reservedFor !== wanted.job) {
    return { code: 'RESERVED', why: `it was made for job "${machine.reservedFor}"` };
  }
  return undefined;
}

function tooSmall({ cpus, memoryBytes, diskBytes }: MachineRequirements, machine: PooledMachine): string | undefined {
  if (machine.cpus < cpus) return `it has ${machine.cpus} cpus, and ${cpus} are wanted`;
  if (machine.usableMemoryBytes < memoryBytes) {
    return `tasks can have ${machine.usableMemoryBytes} bytes of its memory, and ${memoryBytes} are wanted`;
  }
  if (diskBytes !== undefined && (machine.diskBytes ?? 0) < diskBytes) {
    return `its disks are known to have ${machine.diskBytes ?? 0} bytes, and ${diskBytes} are wanted`;
  }
  return undefined;
}

/** The id decides last, so that two clients that see the same choose the same. */
function byWorth({ job, planned }: Pick<WantedMachine, 'job' | 'planned'>) {
  const rank = ({ id, life, reservedFor }: PooledMachine): number =>
    id === planned ? -1 : (life.state === 'warm' ? 0 : 2) + (reservedFor === job ? 0 : 1);
  return (one: PooledMachine, other: PooledMachine): number =>
    rank(one) - rank(other) ||
    one.usdPerHour - other.usdPerHour ||
    one.usableMemoryBytes - other.usableMemoryBytes ||
    one.cpus - other.cpus ||
    (one.id < other.id ? -1 : 1);
}
