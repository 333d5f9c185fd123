import { statSync } from 'node:fs';
import { type Label, MegalithError, megalithHome } from '@megalith/agent';
import { readConfig } from '../config/read-config.js';
import { labelOf } from '../placement/label-of.js';
import { LabelBook } from './label-book.js';
import { withoutLinks } from './without-links.js';

/** How sensitive a path is, and why. */
export interface PathLabel {
  /** As given. */
  readonly path: string;
  readonly label: Label;
  /** The rule that gives it, in words. */
  readonly rule: string;
}

/**
 * The labels that jobs would have which read these paths, and nothing else: what jobs left on them, and what the policy says.
 * @param home see `megalithHome`
 * @throws MegalithError NOT_FOUND for a path that is not there; CONFIG, JOURNAL_FAILED
 */
export async function pathLabels(
  paths: readonly string[],
  home: string = megalithHome(),
): Promise<readonly PathLabel[]> {
  const book = new LabelBook(home);
  const { policy } = await readConfig({ cwd: process.cwd(), home });
  return await Promise.all(
    paths.map(async path => {
      const [inherited, [whole = path]] = await Promise.all([book.labelsUnder(path), withoutLinks([path])]);
      const place = statSync(whole, { throwIfNoEntry: false });
      if (place === undefined)
        throw new MegalithError('NOT_FOUND', `there is no "${path}"`, { hint: 'check the path' });
      const kind = place.isDirectory() ? { paths: [whole] } : { files: [whole] };
      return { path, ...labelOf({ tags: [], inherited, ...kind }, policy) };
    }),
  );
}
