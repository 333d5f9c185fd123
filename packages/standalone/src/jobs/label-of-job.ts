import { isLower, type JobDescription, type Label, readJobFolder } from '@megalith/agent';
import { type FileOutput, LabelBook, readConfig } from '@megalith/core';
import type { JobPart } from './job-part.js';

const askDeadlineMs = 30_000;

/** How sensitive a job is, as those say that have it; undefined for one of a release that knew no labels. */
async function labelOf({ id, home, isAway, way }: JobPart): Promise<Label | undefined> {
  if (!isAway || way === undefined) return (await readJobFolder(home, id))?.description.label;
  const { jobs } = await way.ask({ type: 'jobs' }, { deadlineMs: askDeadlineMs });
  return (jobs.find(job => job.id === id)?.description as JobDescription | undefined)?.label;
}

/** What is fetched of a job carries its label from before it is here. @throws MegalithError JOURNAL_FAILED, CONFIG; CONTACT_LOST */
export async function noteFetched(part: JobPart, outputs: readonly FileOutput[], home: string): Promise<void> {
  const label = await labelOf(part);
  if (label === undefined) return;
  const { policy } = await readConfig({ cwd: process.cwd(), home });
  if (!isLower(policy.defaultLabel, label)) return;
  const paths = outputs.map(({ dest }) => dest);
  await new LabelBook(home).note(paths, label, `job "${part.id}"`);
}
