import { setTimeout as delay } from 'node:timers/promises';
import { processIds } from './process-ids.js';
import { isLiving, readProcessStat } from './process-stat.js';

export interface EndGroupOptions {
  /** Time between SIGTERM and SIGKILL, milliseconds; 0 kills at once. */
  readonly graceMs: number;
}

const firstPollMs = 1;
const longestPollMs = 50;
/** A killed process that hangs in the kernel (a dead network disk) goes when the kernel lets it: we do not wait for ever. */
const killDeadlineMs = 5_000;
/** Past this, members that only wait to be reaped are looked for in /proc: a careless init may keep them for good. */
const zombieCheckAfterMs = 30;

/** Signals every member of a process group. False when the group has no member; members of other users are not reached. */
export function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  // -1 would mean every process of the user, and 0 our own group.
  if (!Number.isInteger(group) || group <= 1) return false;
  try {
    return process.kill(-group, signal);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ESRCH') return false;
    if (code === 'EPERM') return true;
    throw error;
  }
}

/**
 * Ends a process group: SIGTERM, the grace, SIGKILL. Settles when no member is left, with true; with false if some
 * outlive SIGKILL by 5 s. A group that has already gone is no error. An aborted signal cuts the grace short.
 */
export async function endGroup(group: number, options: EndGroupOptions, signal?: AbortSignal): Promise<boolean> {
  if (options.graceMs > 0 && !signal?.aborted) {
    if (!signalGroup(group, 'SIGTERM')) return true;
    // A stopped process sees SIGTERM only once it runs again.
    signalGroup(group, 'SIGCONT');
    if (await groupGone(group, options.graceMs, signal)) return true;
  }
  if (!signalGroup(group, 'SIGKILL')) return true;
  return groupGone(group, killDeadlineMs);
}

/** The living members of a process group. Reads all of /proc: not for sampling. Empty where there is no /proc. */
export function groupMembers(group: number): number[] {
  return processIds().filter(pid => {
    const stat = readProcessStat(pid);
    return stat !== undefined && stat.group === group && isLiving(stat);
  });
}

async function groupGone(group: number, deadlineMs: number, signal?: AbortSignal): Promise<boolean> {
  const start = performance.now();
  let pollMs = firstPollMs;
  let nextZombieCheckMs = zombieCheckAfterMs;
  for (;;) {
    if (!signalGroup(group, 0)) return true;
    const elapsed = performance.now() - start;
    if (elapsed >= nextZombieCheckMs) {
      if (process.platform === 'linux' && groupMembers(group).length === 0) return true;
      nextZombieCheckMs = elapsed * 2;
    }
    if (elapsed >= deadlineMs || signal?.aborted) return false;
    await pause(Math.min(pollMs, deadlineMs - elapsed), signal);
    pollMs = Math.min(pollMs * 2, longestPollMs);
  }
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(ms, undefined, signal ? { signal } : {});
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
}
