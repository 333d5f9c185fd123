import { availableMemoryBytes } from '../memory/available-memory.js';
import { type TaskMemory, taskToEnd } from '../memory/memory-pressure.js';
import { ProcessTree } from '../process/process-tree.js';
import type { CommandRunner } from './command-runner.js';
import type { FunctionRunner } from './function-runner.js';
import type { Slot } from './slot.js';

/** Between two looks, milliseconds: a task that fills memory at 4 GB/s gains 1 GB in one. */
const intervalMs = 250;
/** What a slot takes before any task has asked for anything: Node 20 itself, measured at 45–60 MB, with room for its growth. */
const slotOverheadBytes = 96 * 2 ** 20;

/**
 * Ends a task that takes more memory than it asked for, or, where the machine is nearly full, the largest of those that did not
 * say: before the kernel chooses a victim of its own. Commands with a declared limit are held to it where they are started.
 */
export class MemoryGuard {
  readonly #functions: FunctionRunner;
  readonly #commands: CommandRunner;
  readonly #usableBytes: number;
  readonly #trees = new WeakMap<Slot, ProcessTree>();
  readonly #timer: NodeJS.Timeout;

  constructor(functions: FunctionRunner, commands: CommandRunner, usableBytes: number) {
    this.#functions = functions;
    this.#commands = commands;
    this.#usableBytes = usableBytes;
    this.#timer = setInterval(() => this.#look(), intervalMs).unref();
  }

  #look(): void {
    // A task is known here by what would end it.
    const tasks: TaskMemory<(why: string, hint: string) => void>[] = [];
    for (const group of this.#functions.pool.groups()) {
      // Memory of threads cannot be told apart: the kernel's limits and V8's are all there is.
      if (group.process.kind === 'threads') continue;
      for (const slot of group.slots.values()) {
        if (slot.running === undefined) continue;
        const rssBytes = this.#treeOf(slot)?.sample()?.rssBytes;
        if (rssBytes === undefined) continue;
        const end = (why: string, hint: string): void => {
          const failure = { code: 'OUT_OF_MEMORY', message: `the task ${why}`, hint, details: { rssBytes } } as const;
          this.#functions.endRunning(slot, failure, 0);
        };
        const declaredBytes = slot.assigned?.spec.requirements.memoryBytes;
        tasks.push({ id: end, rssBytes: Math.max(0, rssBytes - slotOverheadBytes), declaredBytes });
      }
    }
    for (const { command, job } of this.#commands.tasks()) {
      const usage = command.sample();
      if (usage === undefined || job.spec.requirements.memoryBytes !== undefined) continue;
      tasks.push({ id: why => command.endForMemory(why), rssBytes: usage.rssBytes });
    }
    if (tasks.length === 0) return;
    const verdict = taskToEnd(tasks, { usableBytes: this.#usableBytes, availableBytes: availableMemoryBytes() });
    verdict?.id(verdict.message, verdict.hint);
  }

  #treeOf(slot: Slot): ProcessTree | undefined {
    let tree = this.#trees.get(slot);
    if (tree === undefined && slot.process.pid !== undefined) {
      tree = new ProcessTree(slot.process.pid);
      this.#trees.set(slot, tree);
    }
    return tree;
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
