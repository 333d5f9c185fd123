import { openSync, readFileSync, writeSync } from 'node:fs';
import { collectGarbage } from '../memory/collect-garbage.js';

/** What one task used. Undefined: not known here, or below the clock's resolution. */
interface Usage {
  readonly cpuUserMs?: number;
  readonly cpuSystemMs?: number;
  readonly peakMemoryBytes?: number;
}

/** Measures one task at a time; made once for a slot. */
export interface TaskMeter {
  /** Call before a task, with the present time in milliseconds. */
  begin(nowMs: number): void;
  /** Call after it. */
  end(nowMs: number): Usage;
}

/**
 * The kernel keeps a process's highest memory until it is told to forget it (`5` into clear_refs, see proc(5)).
 * That costs a microsecond, as much as a small task, so it is done at most this often; a task's peak may include what a neighbour
 * of less than this length used just before it.
 */
const peakResetMs = 1;

/**
 * A task shorter than this costs less than the two readings (0.75 µs each) would: what ran so briefly without a break ran on the
 * processor all the time, and can't have touched much memory.
 */
const meteredMs = 0.05;

/** Memory that a task left behind, kibibytes, from which on it is swept before the next one: else it would count as that one's. */
const litterKiB = 64 * 1024;
/** Sweeping takes at most this part of a slot's time: where much is held for good, looking for what is not takes long. */
const sweepShare = 0.05;

/** For a slot that is a process: the whole process works for the task. */
export function processMeter(): TaskMeter {
  const clearRefs = openClearRefs();
  const five = Buffer.from('5');
  let begunAt = 0;
  let cpuUser = 0;
  let cpuSystem = 0;
  let maxRss = 0;
  let sampledAt = Number.NEGATIVE_INFINITY;
  let peakResetAt = Number.NEGATIVE_INFINITY;
  /** What the process held when it was swept last. */
  let cleanRss = process.resourceUsage().maxRSS;
  let sweepAt = Number.NEGATIVE_INFINITY;
  const forgetPeak = (fd: number, nowMs: number): void => {
    writeSync(fd, five, 0, 1, 0);
    peakResetAt = nowMs;
  };
  const sweep = (fd: number, nowMs: number): void => {
    const begin = performance.now();
    collectGarbage();
    forgetPeak(fd, nowMs);
    sample(nowMs);
    cleanRss = maxRss;
    sweepAt = nowMs + (performance.now() - begin) / sweepShare;
  };
  const sample = (nowMs: number): void => {
    const usage = process.resourceUsage();
    cpuUser = usage.userCPUTime;
    cpuSystem = usage.systemCPUTime;
    maxRss = usage.maxRSS;
    sampledAt = nowMs;
  };
  return {
    begin(nowMs) {
      begunAt = nowMs;
      if (clearRefs !== undefined) {
        if (maxRss - cleanRss > litterKiB && nowMs >= sweepAt) sweep(clearRefs, nowMs);
        else if (nowMs - peakResetAt > peakResetMs) forgetPeak(clearRefs, nowMs);
      }
      if (nowMs - sampledAt > meteredMs) sample(nowMs);
    },
    end(nowMs) {
      const elapsedMs = nowMs - begunAt;
      const userBefore = cpuUser;
      const systemBefore = cpuSystem;
      const brief = elapsedMs < meteredMs;
      if (!brief) sample(nowMs);
      return {
        cpuUserMs: brief ? elapsedMs : (cpuUser - userBefore) / 1000,
        cpuSystemMs: brief ? 0 : (cpuSystem - systemBefore) / 1000,
        ...(clearRefs === undefined ? {} : { peakMemoryBytes: maxRss * 1024 }),
      };
    },
  };
}

function openClearRefs(): number | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    return openSync('/proc/self/clear_refs', 'w');
  } catch (error) {
    // Hardened kernels and some containers refuse it; then no peak is claimed at all.
    if (['EACCES', 'EPERM', 'ENOENT', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

/** The kernel counts a thread's CPU time in ticks of 10 ms (USER_HZ = 100 on every Linux that Node runs on). */
const tickMs = 10;
/** Reading a thread's clock costs 12 µs, so short tasks do without. */
const threadSampleMs = 1;

/** For a slot that is a thread: its own CPU time, in ticks; memory belongs to the process and cannot be told apart. */
export function threadMeter(): TaskMeter {
  let sampledAt = Number.NEGATIVE_INFINITY;
  let begun = 0;
  let sample: ThreadTimes | undefined;
  return {
    begin(nowMs) {
      begun = nowMs;
      if (nowMs - sampledAt <= threadSampleMs) return;
      sampledAt = nowMs;
      sample = threadTimes();
    },
    end(nowMs) {
      if (sample === undefined || nowMs - begun < tickMs) return {};
      const now = threadTimes();
      if (now === undefined) return {};
      return { cpuUserMs: (now.user - sample.user) * tickMs, cpuSystemMs: (now.system - sample.system) * tickMs };
    },
  };
}

interface ThreadTimes {
  readonly user: number;
  readonly system: number;
}

function threadTimes(): ThreadTimes | undefined {
  if (process.platform !== 'linux') return undefined;
  // Synchronous reads happen on the calling thread, so thread-self is this very thread.
  const stat = readFileSync('/proc/thread-self/stat', 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { user: Number(fields[11]), system: Number(fields[12]) };
}
