import { LabelBook, type PathLabel, pathLabels } from '@megalith/core';
import { homeHere } from '../audit/audit-here.js';

/** Every path that was given a label; of paths that are named, what a job that reads them would have. */
export async function labelsHere(paths: readonly string[]): Promise<readonly PathLabel[]> {
  if (paths.length > 0) return await pathLabels(paths, homeHere());
  const all = await new LabelBook(homeHere()).all();
  return all.map(({ path, label, from }) => ({ path, label, rule: from }));
}
