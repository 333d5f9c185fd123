import { isLower, type Label } from '@megalith/agent';
import { formatSize, type JobRequest, type Rejection } from '@megalith/core';
import type { Machine, Shape } from '../machine.js';

/** A machine that a job could run on, or why it can't. */
export interface Fit {
  readonly machine: Machine;
  /** Tasks of the job at once; undefined for a machine that nobody has looked at. */
  readonly slots: number | undefined;
  readonly rejected?: Rejection;
}

/** Whether a machine has room for a task of this job, from what is known of it. */
export function fitOf(machine: Machine, { requirements }: Pick<JobRequest, 'requirements'>): Fit {
  const { shape } = machine;
  if (shape === undefined) return { machine, slots: undefined };
  const { cpus, memoryBytes = 0 } = requirements;
  if (cpus > shape.cpus) {
    const explanation = `a task asks for ${cpus} cpus, and ${machine.name} has ${shape.cpus}`;
    return { machine, slots: 0, rejected: { reason: 'OVER_CPUS', explanation } };
  }
  if (memoryBytes > shape.usableMemoryBytes) {
    const usable = formatSize(shape.usableMemoryBytes);
    const explanation = `a task asks for ${formatSize(memoryBytes)}, and ${machine.name} has ${usable} to give`;
    return { machine, slots: 0, rejected: { reason: 'OVER_MEMORY', explanation } };
  }
  return { machine, slots: slotsOn(shape, cpus, memoryBytes) };
}

function slotsOn(shape: Shape, cpus: number, memoryBytes: number): number {
  const byMemory = memoryBytes === 0 ? Number.POSITIVE_INFINITY : Math.floor(shape.usableMemoryBytes / memoryBytes);
  return Math.max(1, Math.min(Math.floor(shape.cpus / cpus), byMemory));
}

/** Whether data of this label may go to a machine. */
function isCleared({ clearance }: Pick<Machine, 'clearance'>, label: Label): boolean {
  return !isLower(clearance, label);
}

/** Whether one machine has all of the job: a single task, or a job that outlives the client, which is what shares tasks out. */
export function wantsOne({ taskCount, wants = [] }: Pick<JobRequest, 'taskCount' | 'wants'>): boolean {
  return taskCount === 1 || wants.includes('detach');
}

/**
 * How each machine stands to a job, in the order of preference: those that fit and may have its data before the others. Of those one task takes the
 * smallest, because the large ones are for those that need them; a machine that nobody knows comes last.
 */
export function rankMachines(machines: readonly Machine[], job: JobRequest): readonly Fit[] {
  const size = ({ shape }: Machine): number => shape?.usableMemoryBytes ?? Number.POSITIVE_INFINITY;
  const rank = (fit: Fit): number => (isGood(fit, job.label) ? 0 : 1);
  const bySize = (a: Fit, b: Fit): number => (wantsOne(job) ? size(a.machine) - size(b.machine) : 0);
  return machines.map(machine => fitOf(machine, job)).toSorted((a, b) => rank(a) - rank(b) || bySize(a, b) || 0);
}

/** The machines that a job may run on, in the order of preference. */
export function chooseMachines(machines: readonly Machine[], job: JobRequest): readonly Machine[] {
  return rankMachines(machines, job)
    .filter(fit => isGood(fit, job.label))
    .map(fit => fit.machine);
}

function isGood({ machine, rejected }: Fit, label: Label): boolean {
  return rejected === undefined && isCleared(machine, label);
}
