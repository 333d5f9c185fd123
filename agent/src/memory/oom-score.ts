import { writeFileSync } from 'node:fs';

/** The middle of the range (-1000 to 1000): enough to be picked before any program that keeps the default of 0. */
const taskScore = 500;

/**
 * Makes the kernel pick this process, and the children that it will have, before the agent when memory runs out. Best
 * effort: where it is not permitted, does not exist, or the process has gone, nothing happens.
 * @returns any other error, for the agent's log
 */
export function raiseOomScore(pid: number, score: number = taskScore): Error | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, String(score));
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES' || code === 'EPERM') return undefined;
    return error as Error;
  }
}
