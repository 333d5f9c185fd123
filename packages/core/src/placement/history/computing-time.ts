import type { TaskSample } from './task-sample.js';

type Timed = Pick<TaskSample, 'runMs' | 'cpuMs' | 'vcpus'>;

/** How a task spends its time. */
interface TimeParts {
  /** For what is not its processor's: disks, networks, sleep. Milliseconds. */
  readonly waitMs: number;
  /** Of one processor, milliseconds. */
  readonly cpuMs: number;
  /** Processors that it can use at once, at least 1. */
  readonly width: number;
}

/**
 * What of an attempt's time was computing. In a slot with less than a processor it computes only a share of the time, so that the same work takes
 * longer there, and the time alone would mislead. Without a figure of the processor, all of it counts as it is.
 */
export function timeParts({ runMs, cpuMs, vcpus }: Timed): TimeParts {
  if (cpuMs === undefined || !(vcpus > 0)) return { waitMs: runMs, cpuMs: 0, width: 1 };
  const width = Math.max(1, runMs > 0 ? cpuMs / runMs : 1);
  return { waitMs: Math.max(0, runMs - cpuMs / Math.min(vcpus, width)), cpuMs, width };
}

/** How long the same takes with so many processors, milliseconds. */
export function timeWith({ waitMs, cpuMs, width }: TimeParts, vcpus: number): number {
  return waitMs + (cpuMs === 0 ? 0 : cpuMs / Math.min(vcpus, width));
}
