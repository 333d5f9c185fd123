import { readFileSync } from 'node:fs';
import { type FolderFilter, fileFailure } from '@megalith/agent';
import { type IgnorePattern, parseIgnoreFile } from './ignore-pattern.js';

/** Beside the files that stay at home; it travels itself, unless it says otherwise. */
const ignoreFileName = '.megalithignore';

/** The rules of one ignore file, and the way from its folder to the one that is looked at: `''`, or `a/b/`. */
interface RuleSet {
  readonly patterns: readonly IgnorePattern[];
  readonly way: string;
}

/**
 * What of a folder stays at home, by the `.megalithignore` files in it and below it: the syntax and the meaning of
 * `.gitignore`. The last line that matches decides, deeper files after those above; what is in an ignored folder is never looked at.
 */
export function ignoreRules(folder: Buffer): FolderFilter {
  return filterOf(folder, []);
}

function filterOf(folder: Buffer, above: readonly RuleSet[]): FolderFilter {
  const own = patternsIn(folder);
  const sets = own.length === 0 ? above : [...above, { patterns: own, way: '' }];
  return {
    skips: (name, isFolder) => isIgnored(sets, name.toString('latin1'), isFolder),
    enter: (name, path) =>
      filterOf(
        path,
        sets.map(({ patterns, way }) => ({ patterns, way: `${way}${name.toString('latin1')}/` })),
      ),
  };
}

function isIgnored(sets: readonly RuleSet[], name: string, isFolder: boolean): boolean {
  for (const { patterns, way } of sets.toReversed()) {
    const decisive = patterns.findLast(
      ({ foldersOnly, anchored, expression }) =>
        (isFolder || !foldersOnly) && expression.test(anchored ? way + name : name),
    );
    if (decisive !== undefined) return !decisive.negated;
  }
  return false;
}

function patternsIn(folder: Buffer): readonly IgnorePattern[] {
  const path = Buffer.concat([folder, Buffer.from(`/${ignoreFileName}`)]);
  try {
    return parseIgnoreFile(readFileSync(path));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'EISDIR') return [];
    throw fileFailure(path, 'read', cause);
  }
}
