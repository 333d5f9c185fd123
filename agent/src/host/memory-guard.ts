import { availableMemoryBytes } from '../memory/available-memory.js';
import { type MachineMemory, scarceBelowBytes, type TaskMemory, taskToEnd } from '../memory/memory-pressure.js';
import type { SandboxMemory } from '../memory/sandbox-memory.js';
import { ProcessTree } from '../process/process-tree.js';
import type { CommandRunner } from './command-runner.js';
import type { FunctionRunner } from './function-runner.js';
import type { SlotGroup } from './slot-pool.js';

/** Between two looks, milliseconds: a task that fills memory at 4 GB/s gains 1 GB in one. */
const intervalMs = 250;
/**
 * A sandbox is small, and dies as a whole: its processes are looked at this often, milliseconds, which costs 20 µs each, and its tasks where that
 * shows need, or every so many times.
 */
const quickMs = 10;
const looksBetween = 10;
/** What a slot takes before any task has asked for anything: Node 20 itself, measured at 45–60 MB, with room for its growth. */
const slotOverheadBytes = 96 * 2 ** 20;

/**
 * Ends a task that takes more memory than it asked for, or, where the machine is nearly full, the largest of those that did not
 * say: before the kernel chooses a victim of its own, or a sandbox dies of it. Commands with a declared limit are held to it where they are started.
 */
export class MemoryGuard {
  readonly #functions: FunctionRunner;
  readonly #commands: CommandRunner;
  readonly #usableBytes: number;
  readonly #sandbox: SandboxMemory | undefined;
  readonly #trees = new WeakMap<SlotGroup, ProcessTree>();
  readonly #timer: NodeJS.Timeout;

  constructor(functions: FunctionRunner, commands: CommandRunner, usableBytes: number, sandbox?: SandboxMemory) {
    this.#functions = functions;
    this.#commands = commands;
    this.#usableBytes = usableBytes;
    this.#sandbox = sandbox;
    const look = sandbox === undefined ? () => this.#look() : this.#quickLook(sandbox);
    this.#timer = setInterval(look, sandbox === undefined ? intervalMs : quickMs).unref();
  }

  #quickLook(sandbox: SandboxMemory): () => void {
    const scarceBytes = scarceBelowBytes(sandbox.limitBytes);
    let quick = 0;
    return () => {
      quick = (quick + 1) % looksBetween;
      if (quick === 0 || sandbox.availableBytes() < scarceBytes) this.#look();
    };
  }

  #look(): void {
    // A task is known here by what would end it.
    const tasks: TaskMemory<(why: string, hint: string) => void>[] = [];
    for (const group of this.#functions.pool.groups()) {
      const running = [...group.slots.values()].filter(slot => slot.running !== undefined);
      const isThreaded = group.process.kind === 'threads';
      // Memory of threads cannot be told apart: the kernel's limits and V8's are all there is, and in a sandbox they go together.
      if (running.length === 0 || (isThreaded && this.#sandbox === undefined)) continue;
      const rssBytes = this.#treeOf(group)?.sample()?.rssBytes;
      if (rssBytes === undefined) continue;
      const end = (why: string, hint: string): void => {
        const details = { rssBytes, peakMemoryBytes: rssBytes };
        const failure = { code: 'OUT_OF_MEMORY', message: `the task ${why}`, hint, details } as const;
        for (const slot of running) this.#functions.endRunning(slot, failure, 0);
        if (isThreaded) group.process.kill();
      };
      const declaredBytes = isThreaded ? undefined : running[0]?.assigned?.spec.requirements.memoryBytes;
      tasks.push({ id: end, rssBytes: Math.max(1, rssBytes - slotOverheadBytes), declaredBytes });
    }
    for (const { command, job } of this.#commands.tasks()) {
      const usage = command.sample();
      const isHeldToIt = job.spec.requirements.memoryBytes !== undefined && this.#sandbox === undefined;
      if (usage === undefined || isHeldToIt) continue;
      tasks.push({ id: why => command.endForMemory(why), rssBytes: usage.rssBytes });
    }
    if (tasks.length === 0) return;
    const verdict = taskToEnd(tasks, this.#machine());
    verdict?.id(verdict.message, verdict.hint);
  }

  #machine(): MachineMemory {
    const availableBytes = availableMemoryBytes();
    const sandbox = this.#sandbox;
    if (sandbox === undefined) return { usableBytes: this.#usableBytes, availableBytes };
    sandbox.refresh();
    return {
      usableBytes: sandbox.limitBytes,
      availableBytes: Math.min(availableBytes, sandbox.availableBytes()),
      diesWhole: true,
    };
  }

  #treeOf(group: SlotGroup): ProcessTree | undefined {
    let tree = this.#trees.get(group);
    if (tree === undefined && group.process.pid !== undefined) {
      tree = new ProcessTree(group.process.pid);
      this.#trees.set(group, tree);
    }
    return tree;
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
