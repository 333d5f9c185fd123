import type { Channel } from './channel.js';
import type { JobView } from './job-view.js';
import { outcomesOf } from './loop.js';
import { passMapped } from './pass-mapped.js';
import type { Batch } from './reduce-tree.js';
import type { TreeGroups } from './tree-groups.js';

/**
 * Passes mapped values on to the reduce in batches, and what comes of those again. Settles when nothing more can come of it; a failed map or reduce
 * leaves its tree incomplete for ever.
 */
export async function passUp(
  job: JobView<unknown>,
  reduceJob: JobView<unknown>,
  groups: TreeGroups,
  complete: Channel<unknown[]>,
  isReadAhead: boolean,
): Promise<void> {
  /** By the index of the task that reduces it. */
  const under = new Map<number, Batch>();
  let given = 0;
  let areMapsOver = false;
  const give = (ready: readonly Batch[]): void => {
    for (const batch of ready) {
      under.set(given++, { ...batch, values: [] });
      complete.push(batch.values);
    }
  };
  const closeIfOver = (): void => {
    if (areMapsOver && under.size === 0) complete.close();
  };
  const maps = async (): Promise<void> => {
    try {
      await passMapped(job, groups, isReadAhead, give);
    } finally {
      areMapsOver = true;
      closeIfOver();
    }
  };
  const reduces = async (): Promise<void> => {
    try {
      for await (const outcome of outcomesOf(reduceJob.ledger)) {
        const batch = under.get(outcome.index);
        under.delete(outcome.index);
        if (batch !== undefined && outcome.status === 'done') {
          give(batch.tree.set(batch.level + 1, batch.position, outcome.value));
        }
        closeIfOver();
      }
    } catch (error) {
      if (error !== reduceJob.ledger.jobError) throw error;
    }
  };
  await Promise.all([maps(), reduces()]);
}
