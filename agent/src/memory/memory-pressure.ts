import { roomierSize, sizeText } from './size-text.js';

/** A running task as the memory watch sees it. */
export interface TaskMemory<Id> {
  readonly id: Id;
  readonly rssBytes: number;
  /** What it asked for; undefined for a task that declared nothing. */
  readonly declaredBytes?: number | undefined;
}

export interface MachineMemory {
  /** What all tasks together may use. */
  readonly usableBytes: number;
  /** What could be had now without killing anything. */
  readonly availableBytes: number;
  /** Out of memory, it ends with everything that runs there: no task is spared for what it asked for. */
  readonly diesWhole?: true;
}

/** Which task has to go, and what to tell its owner. */
export interface MemoryVerdict<Id> {
  readonly id: Id;
  readonly why: 'over-limit' | 'machine-full';
  readonly message: string;
  readonly hint: string;
}

/** Under this the kernel is about to choose for itself. */
export function scarceBelowBytes(usableBytes: number): number {
  return Math.max(0.02 * usableBytes, 64 * 2 ** 20);
}

/**
 * The task to end for lack of memory, if any: first the one that is furthest over what it asked for, then, on a
 * machine with next to nothing left, the largest of those that declared nothing. A task within what it asked for is
 * never chosen, unless it would die with all others.
 */
export function taskToEnd<Id>(tasks: readonly TaskMemory<Id>[], machine: MachineMemory): MemoryVerdict<Id> | undefined {
  const over = largest(tasks, task => task.rssBytes - (task.declaredBytes ?? Infinity));
  if (over) {
    return {
      id: over.id,
      why: 'over-limit',
      message: `took ${sizeText(over.rssBytes)} of memory and had asked for ${sizeText(over.declaredBytes ?? 0)}`,
      hint: `ask for --memory ${roomierSize(over.rssBytes)}`,
    };
  }
  if (machine.availableBytes >= scarceBelowBytes(machine.usableBytes)) return undefined;
  const full = largest(
    tasks.filter(task => task.declaredBytes === undefined || machine.diesWhole),
    task => task.rssBytes,
  );
  if (!full) return undefined;
  if (machine.diesWhole) {
    return {
      id: full.id,
      why: 'machine-full',
      message:
        `took ${sizeText(full.rssBytes)} of memory, the most of all in a sandbox of ${sizeText(machine.usableBytes)} ` +
        `that had only ${sizeText(machine.availableBytes)} left`,
      hint: `ask for --memory ${roomierSize(full.rssBytes)}`,
    };
  }
  return {
    id: full.id,
    why: 'machine-full',
    message:
      `the machine had only ${sizeText(machine.availableBytes)} of memory left, and this task, which had not said ` +
      `how much it needs, took the most: ${sizeText(full.rssBytes)}`,
    hint: `ask for --memory ${roomierSize(full.rssBytes)}, so that fewer tasks run at once`,
  };
}

/** The task with the highest excess, among those that have any. */
function largest<Id>(tasks: readonly TaskMemory<Id>[], excess: (task: TaskMemory<Id>) => number) {
  let found: TaskMemory<Id> | undefined;
  for (const task of tasks) {
    if (excess(task) > 0 && (!found || excess(task) > excess(found))) found = task;
  }
  return found;
}
