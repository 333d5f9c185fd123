import type { Candidate, JobRequest } from '@megalith/core';
import type { MachineRequirements } from './offer.js';
import { readPlaceId } from './place-id.js';

/** What one current machine of a common family has, cpus: a job that asks for more at once gets several. */
const widestCpus = 128;
/** And what tasks can have of its memory: 92.5 % of 1 TiB. */
const widestMemoryBytes = 0.925 * 2 ** 40;
/** Memory of a task of which nobody knows what it needs: 1 GiB. */
const unsaidMemoryBytes = 2 ** 30;

type Sized = Pick<JobRequest, 'requirements' | 'profile'>;

/** What a task of a job takes of a machine. */
function taskSize({ requirements, profile }: Sized): MachineRequirements {
  const { cpus, memoryBytes = profile.memoryBytes ?? unsaidMemoryBytes } = requirements;
  return { cpus, memoryBytes };
}

/** What some of a job's tasks ask of one machine, all at once. */
export function sizeFor(job: Sized, tasks: number): MachineRequirements {
  const { cpus, memoryBytes } = taskSize(job);
  return { cpus: cpus * tasks, memoryBytes: memoryBytes * tasks };
}

/** Tasks of a job that a machine has room for at once. */
export function roomIn({ cpus, usableMemoryBytes }: Pick<Candidate, 'cpus' | 'usableMemoryBytes'>, job: Sized): number {
  const task = taskSize(job);
  return Math.floor(Math.min(cpus / task.cpus, usableMemoryBytes / task.memoryBytes));
}

/** Machines for a job: so many, each with room for so many of its tasks. */
export interface Sharing {
  readonly machines: number;
  /** On each; on some of several machines perhaps one less. */
  readonly tasks: number;
}

/**
 * The ways in which machines that are made may share a job's tasks out. Where nobody says how many run at once, one machine has one of them, or two, four and
 * so on, up to all of them or to what a machine of 128 cpus and 1 TiB has room for. With a number of slots, as many machines as that takes; a job
 * that goes on without its client has one: with several it is the client that shares its tasks out.
 * @param slots tasks at once, on all machines together
 */
export function sharingsOf(job: JobRequest, slots: number | undefined): readonly Sharing[] {
  const widest = Math.max(1, roomIn({ cpus: widestCpus, usableMemoryBytes: widestMemoryBytes }, job));
  const wanted = Math.max(1, Math.min(job.taskCount ?? Number.POSITIVE_INFINITY, slots ?? widest));
  if (slots !== undefined) {
    const atOnce = job.wants?.includes('detach') === true ? Math.min(wanted, widest) : wanted;
    const machines = Math.ceil(atOnce / widest);
    return [{ machines, tasks: Math.ceil(atOnce / machines) }];
  }
  const sharings: Sharing[] = [];
  for (let tasks = 1; tasks < wanted; tasks *= 2) sharings.push({ machines: 1, tasks });
  return [...sharings, { machines: 1, tasks: wanted }];
}

/**
 * How many of a job's tasks each machine of a place has at once, shared out evenly.
 * @param job as it begins: its tasks may ask for more than when the place was offered
 */
export function sharesOf(job: Sized, place: Candidate): readonly number[] {
  const planned = readPlaceId(place.id);
  const machines = planned?.how === 'new' ? planned.machines : 1;
  const room = Math.max(1, roomIn(place, job));
  const least = Math.floor(place.slots / machines);
  const over = place.slots - least * machines;
  return Array.from({ length: machines }, (_, at) => Math.max(1, Math.min(room, least + (at < over ? 1 : 0))));
}
