import { ProcessTree, type TreeUsage } from '../process/process-tree.js';

/** What a command used so far, as far as the samples saw it. */
export interface CommandUsage {
  /** At the last sample. */
  readonly rssBytes: number;
  readonly peakMemoryBytes: number;
  readonly cpuUserMs: number;
  readonly cpuSystemMs: number;
}

/** Short commands are never sampled: reading /proc costs as much as they do. */
const firstAfterMs = 10;
const longestIntervalMs = 250;
/** Sampling takes at most this part of one CPU's time. */
const costShare = 0.02;

export interface SamplerOptions {
  readonly longestIntervalMs?: number;
  /** Before the first sample: the command is not one of the short ones. */
  readonly onFirst?: () => void;
  readonly onSample?: (usage: CommandUsage) => void;
}

/** Measures a command with all its descendants, from time to time, for as long as it runs. Its owner stops it. */
export class UsageSampler {
  readonly #tree: ProcessTree;
  readonly #options: SamplerOptions;
  #usage: CommandUsage | undefined;
  #intervalMs = firstAfterMs;
  #timer: NodeJS.Timeout | undefined;

  constructor(pid: number, options: SamplerOptions = {}) {
    this.#tree = new ProcessTree(pid);
    this.#options = options;
    // Elsewhere than on Linux there is nothing to read.
    if (process.platform === 'linux') this.#timer = setTimeout(() => this.#first(), firstAfterMs);
  }

  /** Undefined before the first sample. */
  get usage(): CommandUsage | undefined {
    return this.#usage;
  }

  get tree(): ProcessTree {
    return this.#tree;
  }

  /** Takes a sample now. */
  sample(): CommandUsage | undefined {
    const now = this.#tree.sample();
    if (now) this.#usage = joined(this.#usage, now);
    return this.#usage;
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #first(): void {
    this.#options.onFirst?.();
    this.#tick();
  }

  #tick(): void {
    const before = process.cpuUsage();
    const usage = this.sample();
    // Not what the clock says: on a busy machine this process waits its turn, which costs nobody anything.
    const { user, system } = process.cpuUsage(before);
    const costMs = (user + system) / 1000;
    const longest = this.#options.longestIntervalMs ?? longestIntervalMs;
    this.#intervalMs = Math.min(this.#intervalMs * 1.5, longest);
    this.#timer = setTimeout(() => this.#tick(), Math.max(this.#intervalMs, costMs / costShare));
    if (usage) this.#options.onSample?.(usage);
  }
}

/** CPU time never falls, though a process that just ended may be missing until its parent has waited for it. */
function joined(before: CommandUsage | undefined, now: TreeUsage): CommandUsage {
  return {
    rssBytes: now.rssBytes,
    peakMemoryBytes: Math.max(before?.peakMemoryBytes ?? 0, now.rssBytes, now.largestProcessPeakBytes),
    cpuUserMs: Math.max(before?.cpuUserMs ?? 0, now.cpuUserMs),
    cpuSystemMs: Math.max(before?.cpuSystemMs ?? 0, now.cpuSystemMs),
  };
}
