import type { Label } from '@megalith/agent';
import { labelOfInput } from '../../labels/labelled.js';
import { Future } from '../future.js';
import { JobView } from '../job-view.js';

/** Where a label comes from, in words. */
export interface InheritedLabel {
  readonly label: Label;
  readonly from: string;
}

/** The labels that a job's items carry: those of the jobs that they are results of, and of data that was given one. */
export async function inheritedLabels(items: unknown): Promise<readonly InheritedLabel[]> {
  const own = labelOfInput(items);
  const jobs = new Set<JobView<unknown>>();
  if (items instanceof JobView) jobs.add(items);
  if (Array.isArray(items)) for (const item of items) if (item instanceof Future) jobs.add(item.job);
  const labels = await Promise.all(
    [...jobs].map(async job => ({ label: await job.label(), from: `job "${job.name}"` })),
  );
  return own === undefined ? labels : [own, ...labels];
}
