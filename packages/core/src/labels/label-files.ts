import { resolve } from 'node:path';
import { isLower, type Label } from '@megalith/agent';
import { type Audit, openAudit } from '../audit/open-audit.js';
import { readConfig } from '../config/read-config.js';
import { LabelBook } from './label-book.js';

/** Where labels of files are kept. */
export interface LabelBooks {
  readonly labels: LabelBook;
  readonly audit: Pick<Audit, 'append'>;
}

/**
 * Files that a job makes carry its label, where that is above what a file has of which nothing is said. To be called before they are there, so that no end of
 * this program leaves one without.
 * @param from in words: `job "assemble" (2f9c…)`
 * @throws MegalithError JOURNAL_FAILED
 */
export async function labelFiles(
  paths: readonly string[],
  { label, from, defaultLabel }: { readonly label: Label; readonly from: string; readonly defaultLabel: Label },
  { labels, audit }: LabelBooks,
): Promise<void> {
  if (paths.length === 0 || !isLower(defaultLabel, label)) return;
  await labels.note(paths, label, from);
  await audit.append({ kind: 'label', paths: paths.map(path => resolve(path)), label, from });
}

/**
 * The same for files that are fetched from a job that somebody began earlier.
 * @param home see `megalithHome`
 * @throws MegalithError CONFIG, JOURNAL_FAILED
 */
export async function labelFetched(paths: readonly string[], label: Label, from: string, home: string): Promise<void> {
  const { policy } = await readConfig({ cwd: process.cwd(), home });
  const audit = openAudit(home);
  try {
    await labelFiles(paths, { label, from, ...policy }, { labels: new LabelBook(home), audit });
  } finally {
    await audit.close();
  }
}
