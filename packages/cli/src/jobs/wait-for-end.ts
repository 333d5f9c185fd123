import { formatDuration, MegalithError, parseDuration } from '@megalith/core';
import type { FoundReport } from '@megalith/standalone';
import { type Note, withJob } from './open-jobs.js';

/**
 * Waits until a job is over, wherever it is.
 * @param timeout @defaultValue none
 * @throws MegalithError WAIT_TIMED_OUT (the job goes on), CONTACT_LOST, NOT_FOUND, USAGE
 */
export async function waitForEnd(id: string, timeout: string | undefined, note: Note): Promise<FoundReport> {
  const timeUp = new AbortController();
  const timeoutMs = timeout === undefined ? undefined : parseDuration(timeout);
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => timeUp.abort(late(id, timeoutMs)), timeoutMs);
  const { signal } = timeUp;
  const onLost = (error: Error, where: string): void =>
    note(`contact with ${where} is lost, and sought again: ${error.message}`);
  try {
    return await withJob(id, note, job => job.ended({ signal, onLost }), signal);
  } finally {
    clearTimeout(timer);
  }
}

function late(id: string, timeoutMs: number): MegalithError {
  return new MegalithError('WAIT_TIMED_OUT', `job "${id}" did not end within ${formatDuration(timeoutMs)}`, {
    hint: 'it goes on: wait longer, or cancel it',
    details: { id, timeoutMs },
  });
}
