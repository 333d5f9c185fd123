import type { JobRun, TaskEvents } from '@megalith/core';
import { withEvents } from './with-events.js';

/** A run after whose last event, or failure, something is done; its end waits for that. */
export function whenOver(run: JobRun, deed: () => Promise<void>): JobRun {
  return withEvents(run, followed(run.events, deed));
}

async function* followed(batches: AsyncIterable<TaskEvents>, deed: () => Promise<void>): AsyncGenerator<TaskEvents> {
  try {
    yield* batches;
  } finally {
    await deed();
  }
}
