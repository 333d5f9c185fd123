import type { Job } from '@megalith/core';
import type { Session } from './session.js';

/**
 * Hands a job over to its place. Its id goes to standard output, alone, and how to come back to standard error.
 * @returns the exit code
 * @throws MegalithError what the job failed with before it was handed over
 */
export async function leaveJob(session: Session, job: Job<unknown>, json: boolean): Promise<number> {
  session.showProgress(() => job.counts, { quietMs: 1000 });
  await job.detach();
  if (session.interrupted !== undefined) return 130;
  const { description: place, usdPerHour = 0 } = job.plan?.chosen ?? {};
  if (json)
    process.stdout.write(
      `${JSON.stringify({ job: job.id, name: job.name, state: 'detached', place }, undefined, 2)}\n`,
    );
  else process.stdout.write(`${job.id}\n`);
  session.note(`handed over to ${place}`);
  session.note(`come back with "megalith jobs attach ${job.id}"`);
  if (usdPerHour > 0)
    session.note(
      'what it leaves is on that machine only, which keeps it for an hour unless "keepResults" in megalith.yaml says another time',
    );
  return 0;
}
