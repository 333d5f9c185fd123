import type { Candidate, CandidateKind, Label } from '@megalith/core';
import { compiledPrices, compiledShapes } from '@megalith/standalone';

/** A place of the simulated world. What it offers for a job depends on what the job's tasks need. */
export interface Place {
  readonly id: string;
  readonly kind: CandidateKind;
  readonly clearance: Label;
  /** Of one machine, or one function. */
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly machines: number;
  readonly usdPerHour: number;
  readonly startMs: number;
}

/** Lambda on arm64 in us-east-1, as core's backend has it: prices, cold start, sizes, one processor for 1,769 MiB, 128 MiB beside the task. */
const lambda = {
  usdPerGibSecond: 0.0000133334,
  usdPerRequest: 2e-7,
  coldMs: 600,
  callMs: 40,
  timeMs: 898_500,
  sizesMib: [512, 1024, 1769, 3538, 5307, 7076, 8845, 10_240],
  mibPerCpu: 1769,
  besideTaskMib: 128,
  concurrency: 1000,
} as const;

/** Boot to SSH and bootstrap: `research/peers.md` §4.3, and 30 s more for large machines. */
const bootMs = 60_000;
const largeBootMs = 90_000;
const usableShare = 0.925;
const machineCounts = [1, 2, 4, 8] as const;

/** Every current EC2 type that is known offline, alone and by twos, fours and eights; cleared for internal data. */
export const newMachines: readonly Place[] = compiledShapes
  .filter(
    ({ isBurstable, hasGpu, isMetal, isCurrentGeneration }) =>
      !isBurstable && !hasGpu && !isMetal && isCurrentGeneration,
  )
  .flatMap(({ type, cpus, memoryBytes }) => {
    const price = compiledPrices.get(type);
    return price === undefined
      ? []
      : machineCounts.map(machines => ({
          id: `new ${machines} ${type}`,
          kind: 'new' as const,
          clearance: 'internal' as const,
          cpus,
          memoryBytes: memoryBytes * usableShare,
          machines,
          usdPerHour: price * machines,
          startMs: cpus > 64 ? largeBootMs : bootMs,
        }));
  });

export const functions: readonly Place[] = lambda.sizesMib.map(mib => ({
  id: `lambda ${mib}MiB`,
  kind: 'function',
  clearance: 'internal',
  cpus: mib / lambda.mibPerCpu,
  memoryBytes: (mib - lambda.besideTaskMib) * 2 ** 20,
  machines: lambda.concurrency,
  usdPerHour: (mib / 1024) * lambda.usdPerGibSecond * 3600,
  startMs: lambda.coldMs,
}));

/** The organisation's own, cleared for everything; what an hour of one costs it is a third of the same machine's price at EC2. */
export function ownHosts(count: number): Place[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `host ${i}`,
    kind: 'host',
    clearance: 'restricted',
    cpus: 32,
    memoryBytes: 512 * 2 ** 30 * usableShare,
    machines: 1,
    usdPerHour: 0.7,
    startMs: 1000,
  }));
}

/** What tasks ask for. */
export interface Asked {
  readonly cpus: number;
  /** Unset: nobody knows, and one task a processor is expected. */
  readonly memoryBytes?: number | undefined;
}

/** What else is true of a place when it is asked. */
export interface Moment {
  /** So long it is taken, milliseconds. @defaultValue 0 */
  readonly busyMs?: number;
  /** So long a new machine stays without work, milliseconds. */
  readonly idleTailMs: number;
  /** So long a warm one would stay anyway, milliseconds. */
  readonly paidMs?: number;
}

export function slotsOf({ kind, cpus, memoryBytes, machines }: Place, asked: Asked): number {
  if (kind === 'function') return machines;
  const byMemory =
    asked.memoryBytes === undefined ? Number.POSITIVE_INFINITY : Math.floor(memoryBytes / asked.memoryBytes);
  return machines * Math.max(1, Math.min(Math.floor(cpus / asked.cpus), byMemory));
}

/** What a place offers. */
export function candidateOf(place: Place, asked: Asked, { busyMs = 0, idleTailMs, paidMs }: Moment): Candidate {
  const { id, kind, clearance, cpus, memoryBytes, usdPerHour, startMs } = place;
  const isFunction = kind === 'function';
  const isOwn = kind === 'host';
  const slots = slotsOf(place, asked);
  return {
    backend: isFunction ? 'lambda' : 'standalone',
    id,
    kind,
    site: isOwn
      ? { name: id, kind: 'on-prem', clearance }
      : { name: isFunction ? 'lambda us-east-1' : 'ec2 us-east-1', kind: 'cloud', region: 'us-east-1', clearance },
    description: id,
    cpus,
    usableMemoryBytes: Math.floor(memoryBytes),
    slots,
    usdPerHour: isFunction ? usdPerHour * slots : usdPerHour,
    billing: isFunction
      ? {
          per: 'gib-second',
          usdPerGibSecond: lambda.usdPerGibSecond,
          usdPerRequest: lambda.usdPerRequest,
          memoryGib: usdPerHour / 3600 / lambda.usdPerGibSecond,
          coldStartMs: startMs,
        }
      : {
          per: 'hour',
          usdPerHour,
          minimumMs: isOwn ? 0 : 60_000,
          startMs: isOwn ? 0 : startMs,
          idleTailMs: isOwn ? 0 : idleTailMs,
          ...(paidMs === undefined ? {} : { paidMs }),
        },
    startMs: startMs + busyMs,
    ...(isFunction ? { taskOverheadMs: lambda.callMs, limits: { timeMs: lambda.timeMs } } : {}),
  };
}
