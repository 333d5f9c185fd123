import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../../conformance/eventually.js';
import { controlGroupFile } from '../../hosts/control-groups.js';

const trees = '/sys/fs/cgroup';
const mebibyte = 2 ** 20;
/** "At 1,769 MB, a function has the equivalent of one vCPU." */
const mibPerCpu = 1769;
/** Pages of Node's own program, which count as theirs who read them first on this machine: measured at 36–41 MiB. */
export const programMib = 40;
const cpuPeriodUs = 100_000;

/** The control groups of one sandbox: what limits it, counts for it and knows its processes. */
export class SandboxGroup {
  readonly #memory: string;
  readonly #cpu: string | undefined;
  readonly #quotaUs: number = 0;

  /** @param name below the trees, `OWNER/SANDBOX` */
  constructor(name: string, memoryMib: number, hasCpuShare: boolean) {
    this.#memory = join(trees, 'memory', name);
    mkdirSync(this.#memory, { recursive: true });
    const limit = String((memoryMib - programMib) * mebibyte);
    writeFileSync(join(this.#memory, 'memory.limit_in_bytes'), limit);
    writeFileSync(join(this.#memory, 'memory.memsw.limit_in_bytes'), limit);
    if (!hasCpuShare) return;
    this.#cpu = join(trees, 'cpu', name);
    mkdirSync(this.#cpu, { recursive: true });
    writeFileSync(join(this.#cpu, 'cpu.cfs_period_us'), String(cpuPeriodUs));
    this.#quotaUs = Math.round((cpuPeriodUs * memoryMib) / mibPerCpu);
  }

  /** The share of processors, which counts from the first call on: a function that starts has more at Lambda, too. */
  limitCpu(): void {
    if (this.#cpu !== undefined) writeFileSync(join(this.#cpu, 'cpu.cfs_quota_us'), String(this.#quotaUs));
  }

  /** A process that writes 0 into each of these is in. */
  get doors(): string[] {
    return [this.#memory, ...(this.#cpu === undefined ? [] : [this.#cpu])].map(group => join(group, 'cgroup.procs'));
  }

  processIds(): number[] {
    return controlGroupFile(this.#memory, 'cgroup.procs').split('\n').filter(Boolean).map(Number);
  }

  /** How often the kernel killed here for lack of memory. */
  oomKills(): number {
    return numberIn(controlGroupFile(this.#memory, 'memory.oom_control'), 'oom_kill');
  }

  /** With the program, and without files that are cached and could go. */
  usedMib(): number {
    const stat = controlGroupFile(this.#memory, 'memory.stat');
    return programMib + Math.ceil(numberIn(stat, 'total_rss') / mebibyte);
  }

  /** Once all processes have ended. */
  async remove(): Promise<void> {
    for (const group of [this.#memory, this.#cpu]) {
      if (group !== undefined) await eventually(`${group} is empty`, () => removed(group), 10_000);
    }
  }
}

function numberIn(text: string, key: string): number {
  return Number(new RegExp(`^${key} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
}

function removed(group: string): boolean {
  try {
    rmdirSync(group);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return true;
    if (code === 'EBUSY') return false;
    throw error;
  }
}
