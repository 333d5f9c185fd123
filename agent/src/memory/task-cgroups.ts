import { randomBytes } from 'node:crypto';
import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { identityOf, isAlive } from '../process/process-identity.js';
import { listDirectory, readSmallFile } from '../process/small-file.js';
import { type CgroupPlace, ownCgroup } from './own-cgroup.js';
import { TaskCgroup } from './task-cgroup.js';

const namePattern = /^megalith-(\d+)-(\d+)-/;

/**
 * Makes cgroups for tasks that declared their memory, so that the kernel itself holds them to it. They all lie in one
 * group of ours below the cgroup where this process runs, so that its own limits hold for them too.
 */
export class TaskCgroups {
  readonly #version: 1 | 2;
  readonly #memory: string;
  /** In v2 every group counts its CPU time; in v1 a group of another hierarchy does. */
  readonly #cpu: string | undefined;
  #made = 0;

  private constructor(version: 1 | 2, memory: string, cpu: string | undefined) {
    this.#version = version;
    this.#memory = memory;
    this.#cpu = cpu;
  }

  /**
   * Undefined where there is no memory cgroup that we may divide: no root rights and nothing delegated, a v2 group
   * that still holds processes, macOS.
   * @param root stands for `/` in tests
   */
  static find(root = '/'): TaskCgroups | undefined {
    const self = identityOf(process.pid);
    const place = ownCgroup('memory', root);
    if (self?.startTicks === undefined || !place || !canDivide(place)) return undefined;
    const name = `megalith-${self.pid}-${self.startTicks}-${randomBytes(4).toString('hex')}`;
    const memory = makeGroup(place, name);
    if (memory === undefined) return undefined;
    const cpuPlace = place.version === 1 ? ownCgroup('cpuacct', root) : undefined;
    // Mounted together the two are one hierarchy.
    const apart = cpuPlace?.version === 1 && cpuPlace.directory !== place.directory;
    return new TaskCgroups(place.version, memory, apart ? makeGroup(cpuPlace, name) : undefined);
  }

  /** A group for one task with this limit; undefined where the kernel refuses. Its owner ends it with `remove()`. */
  create(limitBytes: number): TaskCgroup | undefined {
    const name = `task-${++this.#made}`;
    const made: string[] = [];
    const make = (parent: string): string => {
      const directory = join(parent, name);
      mkdirSync(directory);
      made.push(directory);
      return directory;
    };
    try {
      const cpu = this.#cpu === undefined ? undefined : make(this.#cpu);
      return new TaskCgroup(this.#version, make(this.#memory), cpu, limitBytes);
    } catch {
      for (const directory of made) removeIfEmpty(directory);
      return undefined;
    }
  }

  /** Removes our group. All groups made by `create` must have been removed. */
  close(): void {
    removeIfEmpty(this.#memory);
    if (this.#cpu !== undefined) removeIfEmpty(this.#cpu);
  }
}

/** Undefined where the kernel does not let us. */
function makeGroup(place: CgroupPlace, name: string): string | undefined {
  const directory = join(place.directory, name);
  try {
    removeAbandoned(place.directory);
    mkdirSync(directory);
  } catch {
    return undefined;
  }
  if (place.version === 1) return directory;
  try {
    writeFileSync(join(directory, 'cgroup.subtree_control'), '+memory');
    return directory;
  } catch {
    removeIfEmpty(directory);
    return undefined;
  }
}

/** In v2 only a group without processes of its own, or the root of all, can pass memory control on. */
function canDivide(place: CgroupPlace): boolean {
  if (place.version === 1) return true;
  return readSmallFile(join(place.directory, 'cgroup.subtree_control'))?.split(/\s+/).includes('memory') ?? false;
}

/** Groups of agents that were killed before they could tidy up. The kernel lets none go that still holds a process. */
function removeAbandoned(directory: string): void {
  for (const name of listDirectory(directory) ?? []) {
    const [, pid, startTicks] = name.match(namePattern) ?? [];
    if (pid === undefined || isAlive({ pid: Number(pid), startTicks: Number(startTicks) })) continue;
    const group = join(directory, name);
    for (const task of listDirectory(group) ?? []) if (task.startsWith('task-')) removeIfEmpty(join(group, task));
    removeIfEmpty(group);
  }
}

function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const notOurs =
      code === 'EBUSY' || code === 'ENOENT' || code === 'ENOTEMPTY' || code === 'EACCES' || code === 'EPERM';
    if (!notOurs) throw error;
  }
}
