import { formatSize, type JobRequest, type ReasonCode } from '@megalith/core';
import type { Machine, Shape } from '../machine.js';

/** A machine that a job could run on, or why it can't. */
export interface Fit {
  readonly machine: Machine;
  /** Tasks of the job at once; undefined for a machine that nobody has looked at. */
  readonly slots: number | undefined;
  readonly rejected?: { readonly reason: ReasonCode; readonly explanation: string };
}

/** Whether a machine has room for a task of this job, from what is known of it. */
export function fitOf(machine: Machine, job: JobRequest): Fit {
  const { shape } = machine;
  if (shape === undefined) return { machine, slots: undefined };
  const { cpus, memoryBytes = 0 } = job.requirements;
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

/**
 * The machines that a job runs on, in the order of preference. One task needs one machine: the smallest that fits, because the large ones are
 * for those that need them; a machine that nobody knows comes last. Many tasks run on all that fit.
 */
export function chooseMachines(machines: readonly Machine[], job: JobRequest): Machine[] {
  const fitting = machines.map(machine => fitOf(machine, job)).filter(fit => fit.rejected === undefined);
  const size = ({ machine }: Fit): number => machine.shape?.usableMemoryBytes ?? Number.POSITIVE_INFINITY;
  const wantsOne = job.taskCount === 1 || job.wants?.includes('detach') === true;
  return fitting.sort((a, b) => (wantsOne ? size(a) - size(b) : 0)).map(fit => fit.machine);
}
