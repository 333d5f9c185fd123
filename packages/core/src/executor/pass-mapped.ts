import type { JobView } from './job-view.js';
import { outcomesOf } from './loop.js';

/** What values are gathered in until some of them go on together. */
interface Gathering<T> {
  set(index: number, value: unknown): readonly T[];
  close(): readonly T[];
}

/** Gathers the values of maps as they come, and gives on what is ready. A failed map leaves what it belongs to incomplete for ever. */
export async function passMapped<T>(
  job: JobView<unknown>,
  gathering: Gathering<T>,
  isReadAhead: boolean,
  give: (ready: readonly T[]) => void,
): Promise<void> {
  try {
    if (isReadAhead) give(gathering.close());
    for await (const outcome of outcomesOf(job.ledger)) {
      if (outcome.status === 'done') give(gathering.set(outcome.index, outcome.value));
    }
    if (job.state === 'done' || job.state === 'failed') give(gathering.close());
  } catch (error) {
    // The job as a whole failed: whoever awaits the reduction hears it from the job.
    if (error !== job.ledger.jobError) throw error;
  }
}
