import { OomWatch } from '../memory/oom-watch.js';
import { TaskCgroups } from '../memory/task-cgroups.js';
import { StrayWatch } from '../process/stray-watch.js';
import { ProgramPaths } from './program-path.js';

/** What all commands of one host share. Its owner calls `close()` when the last of them has ended. */
export class CommandSurroundings {
  readonly oomWatch: OomWatch;
  readonly programs: ProgramPaths = new ProgramPaths();
  readonly strays: StrayWatch = new StrayWatch();
  #cgroups: TaskCgroups | 'none' | undefined;

  /** A host that runs other tasks too shares its watch, so that one kill by the kernel explains one death only. */
  constructor(oomWatch: OomWatch = new OomWatch()) {
    this.oomWatch = oomWatch;
  }

  /** Looked for when the first command needs one. Undefined where the system does not let us. */
  get cgroups(): TaskCgroups | undefined {
    this.#cgroups ??= TaskCgroups.find() ?? 'none';
    return this.#cgroups === 'none' ? undefined : this.#cgroups;
  }

  /** Ends the last strays and removes our cgroup. */
  async close(): Promise<void> {
    await this.strays.close();
    if (this.#cgroups !== 'none') this.#cgroups?.close();
    this.#cgroups = 'none';
  }
}
