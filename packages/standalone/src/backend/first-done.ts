import type { JobRun, TaskEvents } from '@megalith/core';
import { withEvents } from './with-events.js';

/** A run that tells when it has done a task for the first time. */
export function onFirstDone(run: JobRun, tell: () => void): JobRun {
  return withEvents(run, watched(run.events, tell));
}

async function* watched(batches: AsyncIterable<TaskEvents>, tell: () => void): AsyncGenerator<TaskEvents> {
  let hasDone = false;
  for await (const events of batches) {
    if (!hasDone && events.some(event => event.type === 'done')) {
      hasDone = true;
      tell();
    }
    yield events;
  }
}
