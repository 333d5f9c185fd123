import { existsSync } from 'node:fs';
import { isLiving, readProcessStat } from './process-stat.js';

/** A process for good: a pid alone may name another process a moment later. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Ticks since boot at its start; undefined on systems without /proc, where only the pid is compared. */
  readonly startTicks: number | undefined;
}

const hasProc = existsSync('/proc/self/stat');

/** Who has this pid now; undefined when nobody lives under it. */
export function identityOf(pid: number): ProcessIdentity | undefined {
  if (!hasProc) return answersSignals(pid) ? { pid, startTicks: undefined } : undefined;
  const stat = readProcessStat(pid);
  return stat && isLiving(stat) ? { pid, startTicks: stat.startTicks } : undefined;
}

/** True while that very process lives. Zombies are dead, and so is a process whose pid someone else has now. */
export function isAlive(identity: ProcessIdentity): boolean {
  const now = identityOf(identity.pid);
  return now !== undefined && now.startTicks === identity.startTicks;
}

/** Signals that very process. False when it has gone. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false;
  try {
    return process.kill(identity.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

function answersSignals(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, and belongs to someone else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
