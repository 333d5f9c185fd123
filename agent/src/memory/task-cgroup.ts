import { rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readSmallFile } from '../process/small-file.js';
import { bytesIn, numberAfter } from './usable-memory.js';

/** What all processes of a task used together, as the kernel counted. */
export interface CgroupUsage {
  /** Cached files included. */
  readonly memoryBytes: number;
  readonly peakMemoryBytes?: number;
  readonly cpuUserMs?: number;
  readonly cpuSystemMs?: number;
  readonly oomKills: number;
}

/** Killed processes leave the group when the kernel has freed their memory; one that hangs is left to the next start. */
const removeDeadlineMs = 5_000;
const pollMs = 5;

/** The cgroup of one task. */
export class TaskCgroup {
  readonly #version: 1 | 2;
  readonly #memory: string;
  readonly #cpu: string;

  /** Sets the limit. Throws where the kernel refuses it. */
  constructor(version: 1 | 2, memory: string, cpu: string | undefined, limitBytes: number) {
    this.#version = version;
    this.#memory = memory;
    this.#cpu = cpu ?? memory;
    const limit = String(Math.floor(limitBytes));
    if (version === 2) {
      writeFileSync(join(memory, 'memory.max'), limit);
      // The task dies as a whole, so that no half of it goes on.
      this.#writeIfThere('memory.oom.group', '1');
      this.#writeIfThere('memory.swap.max', '0');
    } else {
      writeFileSync(join(memory, 'memory.limit_in_bytes'), limit);
      this.#writeIfThere('memory.memsw.limit_in_bytes', limit);
    }
  }

  /**
   * Wraps a command so that it moves itself in before it starts: nothing that it allocates is counted elsewhere. If
   * moving fails it runs all the same; `usage` then shows no memory.
   */
  enter(argv: readonly string[]): readonly string[] {
    // A 0 stands for the process that writes it: see cgroups(7).
    const script = 'while [ "$1" != -- ]; do { echo 0 >"$1"; } 2>/dev/null; shift; done; shift; exec "$@"';
    const groups = [...new Set([this.#memory, this.#cpu])].map(directory => join(directory, 'cgroup.procs'));
    return ['/bin/sh', '-c', script, 'megalith', ...groups, '--', ...argv];
  }

  /** Undefined when no process ever entered. */
  usage(): CgroupUsage | undefined {
    const v2 = this.#version === 2;
    const memoryBytes = bytesIn(this.#memory, v2 ? 'memory.current' : 'memory.usage_in_bytes');
    const peakMemoryBytes = bytesIn(this.#memory, v2 ? 'memory.peak' : 'memory.max_usage_in_bytes');
    if (memoryBytes === undefined || peakMemoryBytes === 0) return undefined;
    const kills = readSmallFile(join(this.#memory, v2 ? 'memory.events' : 'memory.oom_control'));
    const oomKills = numberAfter(kills, 'oom_kill') ?? 0;
    return { memoryBytes, ...(peakMemoryBytes !== undefined && { peakMemoryBytes }), ...this.#cpuTimes(), oomKills };
  }

  /** The living processes of the task, those that left its session included. */
  processIds(): number[] {
    const pids = readSmallFile(join(this.#memory, 'cgroup.procs'))?.split('\n').map(Number) ?? [];
    // A process of another pid namespace is listed as 0, which to kill(2) is our own process group.
    return pids.filter(pid => pid > 1);
  }

  /** Kills whatever is left in the group and removes it. False if something outlives SIGKILL by 5 s. */
  async remove(): Promise<boolean> {
    const deadline = performance.now() + removeDeadlineMs;
    for (;;) {
      for (const pid of this.processIds()) killProcess(pid);
      if (removed(this.#memory) && removed(this.#cpu)) return true;
      if (performance.now() > deadline) return false;
      await delay(pollMs);
    }
  }

  #cpuTimes(): { cpuUserMs?: number; cpuSystemMs?: number } {
    if (this.#version === 2) {
      const stat = readSmallFile(join(this.#memory, 'cpu.stat'));
      return times(numberAfter(stat, 'user_usec'), numberAfter(stat, 'system_usec'), 1e3);
    }
    if (this.#cpu === this.#memory) return {};
    return times(bytesIn(this.#cpu, 'cpuacct.usage_user'), bytesIn(this.#cpu, 'cpuacct.usage_sys'), 1e6);
  }

  /** For settings that some kernels lack. */
  #writeIfThere(file: string, value: string): void {
    const path = join(this.#memory, file);
    if (readSmallFile(path) !== undefined) writeFileSync(path, value);
  }
}

function times(user: number | undefined, system: number | undefined, perMs: number) {
  return user === undefined || system === undefined ? {} : { cpuUserMs: user / perMs, cpuSystemMs: system / perMs };
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}

function removed(directory: string): boolean {
  try {
    rmdirSync(directory);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return true;
    if (code === 'EBUSY' || code === 'EAGAIN') return false;
    throw error;
  }
}
