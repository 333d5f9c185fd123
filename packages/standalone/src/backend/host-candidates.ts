import { isLower, type Label } from '@megalith/agent';
import { type Candidate, formatSize, type JobRequest, type Site } from '@megalith/core';
import type { Machine } from '../machine.js';
import { chooseMachines, type Fit, fitOf, rankMachines, wantsOne } from './choose-machines.js';

/** From the connection to the first task, without the client's own start, milliseconds: `pnpm bench ssh`, command/warm. */
const knownHostMs = 150;
/** The same with the bootstrap of the agent: `pnpm bench ssh`, bootstrap/first. */
const newHostMs = 240;
/** An agent of this machine that does not run yet is up in some 0.1 s. */
const hereMs = 100;

/** Over a network of 1 Gbit/s, as organisations have: files fill it, `pnpm bench ssh` has 330 MB/s where there is no network at all. */
const hostTransfer = { bytesPerSecond: 117e6, usdPerGib: 0 } as const;

/** A machine that nobody has looked at is taken to have room for one task, of 1 GiB where nobody says more. */
const unsaidMemoryBytes = 2 ** 30;

/** More are counted only. */
const shownNames = 4;

/**
 * The machines that are there as candidates for a job: each by itself, and for several tasks all together that fit and may have the job's data.
 * @param mostSlots tasks of a job at once, on all machines together
 */
export function hostCandidates(
  machines: readonly Machine[],
  job: JobRequest,
  mostSlots: number = Number.POSITIVE_INFINITY,
): readonly Candidate[] {
  const each = rankMachines(machines, job).map(fit => hostCandidate(fit, job, mostSlots));
  const joint = wantsOne(job) ? [] : inOneRegion(chooseMachines(machines, job));
  return joint.length > 1 ? [togetherCandidate(joint, job, mostSlots), ...each] : each;
}

/**
 * The machines that a candidate of `hostCandidates` stands for, at the moment that the job begins: where it is one, then those that may stand in for it
 * where it can't be reached. All of them fit and may have the job's data, but for the one that was chosen: that is the caller's to check.
 * @returns none where it stands for a machine that is no more
 */
export function machinesOf(
  place: Pick<Candidate, 'id'>,
  machines: readonly Machine[],
  job: JobRequest,
): { readonly isTogether: boolean; readonly machines: readonly Machine[] } {
  const cleared = chooseMachines(machines, job);
  if (togetherId.test(place.id)) return { isTogether: true, machines: inOneRegion(cleared) };
  const chosen = machines.find(machine => idOf(machine) === place.id);
  if (chosen === undefined) return { isTogether: false, machines: [] };
  return {
    isTogether: false,
    machines: [chosen, ...inRegion(cleared, chosen.region).filter(machine => machine !== chosen)],
  };
}

/** What one candidate may stand for: the policy may keep the job from another region than the first one's. */
function inOneRegion(machines: readonly Machine[]): readonly Machine[] {
  return inRegion(machines, regionOf(machines));
}

/** This machine goes with all: what it would send is here already. */
function inRegion(machines: readonly Machine[], region: string | undefined): readonly Machine[] {
  return machines.filter(machine => isHere(machine) || machine.region === region);
}

function regionOf(machines: readonly Machine[]): string | undefined {
  return machines.find(machine => !isHere(machine))?.region;
}

/** Of equals it comes before each of them alone. */
const togetherId = /^\d+ hosts together$/;

function idOf({ provider, name }: Machine): string {
  return provider === 'local' ? 'here agent' : `host ${name}`;
}

function isHere({ provider }: Machine): boolean {
  return provider === 'local';
}

function hostCandidate(fit: Fit, job: JobRequest, mostSlots: number): Candidate {
  const { machine, rejected } = fit;
  const { cpus, usableMemoryBytes } = roomOf(machine, job);
  const { name, clearance, region, shape } = machine;
  const site: Site = isHere(machine)
    ? { name: 'here', kind: 'here', clearance }
    : { name, kind: 'on-prem', clearance, ...(region === undefined ? {} : { region }) };
  return {
    backend: 'standalone',
    id: idOf(machine),
    kind: isHere(machine) ? 'here' : 'host',
    site,
    description: shape === undefined ? `${name}, not looked at yet` : `${name}, ${sizeText(cpus, usableMemoryBytes)}`,
    cpus,
    usableMemoryBytes,
    slots: Math.min(mostSlots, fit.slots ?? 1),
    startMs: startOf(machine),
    ...terms(machine),
    ...(rejected === undefined ? {} : { rejected }),
  };
}

/** @param machines two at least */
function togetherCandidate(machines: readonly Machine[], job: JobRequest, mostSlots: number): Candidate {
  const rooms = machines.map(machine => roomOf(machine, job));
  const cpus = Math.max(...rooms.map(room => room.cpus));
  const usableMemoryBytes = Math.max(...rooms.map(room => room.usableMemoryBytes));
  const allCpus = rooms.reduce((sum, room) => sum + room.cpus, 0);
  const slots = machines.reduce((sum, machine) => sum + (fitOf(machine, job).slots ?? 1), 0);
  const names = namesOf(machines);
  const region = regionOf(machines);
  return {
    backend: 'standalone',
    id: `${machines.length} hosts together`,
    // Where this machine is among them, it would otherwise be preferred to all together.
    kind: machines.some(isHere) ? 'here' : 'host',
    site: {
      name: names,
      kind: 'on-prem',
      clearance: lowestOf(machines.map(machine => machine.clearance)),
      ...(region === undefined ? {} : { region }),
    },
    description: `${names}, ${allCpus} cpus, up to ${formatSize(usableMemoryBytes)} usable`,
    cpus,
    usableMemoryBytes,
    slots: Math.min(mostSlots, slots),
    // The first that is reached begins.
    startMs: Math.min(...machines.map(startOf)),
    ...terms(...machines),
  };
}

/** They cost nothing that would depend on the job. */
function terms(...machines: readonly Machine[]): Pick<Candidate, 'usdPerHour' | 'billing' | 'transfer'> {
  const free = { usdPerHour: 0, billing: { per: 'nothing' } } as const;
  return machines.every(isHere) ? free : { ...free, transfer: hostTransfer };
}

function roomOf(
  { shape }: Machine,
  { requirements, profile }: JobRequest,
): Pick<Candidate, 'cpus' | 'usableMemoryBytes'> {
  if (shape !== undefined) return { cpus: shape.cpus, usableMemoryBytes: shape.usableMemoryBytes };
  const { cpus, memoryBytes = profile.memoryBytes ?? unsaidMemoryBytes } = requirements;
  return { cpus, usableMemoryBytes: memoryBytes };
}

function startOf(machine: Machine): number {
  if (isHere(machine)) return hereMs;
  return machine.shape === undefined ? newHostMs : knownHostMs;
}

/** Where a job's tasks may go to any of several machines, the least of them decides. */
function lowestOf([first, ...others]: readonly Label[]): Label {
  return others.reduce((least, other) => (isLower(other, least) ? other : least), first!);
}

function namesOf(machines: readonly Machine[]): string {
  const names = machines.map(machine => machine.name);
  if (names.length <= shownNames) return names.join(', ');
  return `${names.slice(0, shownNames).join(', ')} and ${names.length - shownNames} more`;
}

function sizeText(cpus: number, usableMemoryBytes: number): string {
  return `${cpus} cpus, ${formatSize(usableMemoryBytes)} usable`;
}
