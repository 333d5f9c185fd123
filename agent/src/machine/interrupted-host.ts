import type { JobHost } from '../host/job-host.js';
import type { Interruption } from '../protocol/machine-messages.js';
import type { Failure } from '../protocol/messages.js';
import { interruptionText } from './closed-door.js';

/** What runs is told to end at least so long before the machine goes, milliseconds: time to write a checkpoint. */
const lastWordsMs = 30_000;
/** Between the end of the longest grace and the machine's, milliseconds. */
const marginMs = 5000;

/**
 * Gives up the jobs of a machine that is about to go: what has not begun goes back at once, what runs has until shortly before the end. A task is
 * asked to end as when it is cancelled, and has its grace.
 */
export function giveUpInTime(host: JobHost, interruption: Interruption): void {
  const failure = leavingFailure(interruption);
  host.giveUp(failure, 'waiting');
  const longestGraceMs = Math.max(0, ...host.jobs.map(job => job.spec.requirements.graceMs));
  const endAt = interruption.at - Math.max(lastWordsMs, longestGraceMs + marginMs);
  setTimeout(() => host.giveUp(failure, 'all'), Math.max(0, endAt - Date.now())).unref();
}

function leavingFailure(interruption: Interruption): Failure {
  return {
    code: 'AGENT_LOST',
    message: interruptionText(interruption),
    hint: 'run it again: it goes to another machine; or take machines that are not on the spot market',
    // Clients give such a machine no more tasks, and hold none of this against a task.
    details: { leaving: true, ...interruption },
  };
}
