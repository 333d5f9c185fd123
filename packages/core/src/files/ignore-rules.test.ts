import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ignoreRules } from './ignore-rules.js';

const hasGit = (() => {
  try {
    execFileSync('git', ['--version']);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
})();

/** Every path of a small world, folders with `/` at their end. */
const names = ['a', 'b', 'ab', 'a.b', '[a]', 'a*', '\\a', ' ', 'a ', '#a', '!a'];
const paths = names.flatMap(one => [
  one,
  `d/${one}`,
  `d/e/${one}`,
  `a/d/${one}`,
  `e/${one}/`,
  `e/${one}/a`,
  `d/e/f/${one}`,
]);
const folders = new Set(
  paths.flatMap(path =>
    path
      .split('/')
      .slice(0, -1)
      .map((_, i, all) => all.slice(0, i + 1).join('/')),
  ),
);
const files = paths.filter(path => !path.endsWith('/') && !folders.has(path));

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'megalith-ignore-'));
  if (hasGit) execFileSync('git', ['init', '-q', root]);
  for (const folder of folders) mkdirSync(join(root, folder), { recursive: true });
  for (const file of files) writeFileSync(join(root, file), '');
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** What stays at home of the world, by our rules. */
function ours(): string[] {
  return files.filter(file => {
    const steps = file.split('/');
    let folder = ignoreRules(Buffer.from(root));
    return steps.some((step, depth) => {
      const last = depth === steps.length - 1;
      if (folder.skips(Buffer.from(step), !last)) return true;
      if (!last) folder = folder.enter(Buffer.from(step), Buffer.from(join(root, ...steps.slice(0, depth + 1))));
      return false;
    });
  });
}

/** What git ignores of it. Exit code 1 says that it ignores nothing. */
function gits(): string[] {
  try {
    const input = files.join('\0');
    const args = ['-C', root, 'check-ignore', '--no-index', '--stdin', '-z'];
    return execFileSync('git', args, { input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] })
      .split('\0')
      .filter(Boolean);
  } catch (error) {
    if ((error as { status?: number }).status === 1) return [];
    throw error;
  }
}

const piece = fc.constantFrom(
  ...[
    'a',
    'b',
    'd',
    'e',
    '*',
    '**',
    '?',
    '/',
    '/',
    '.',
    '!',
    '#',
    '\\',
    ' ',
    '[',
    ']',
    '[ab]',
    '[!a]',
    '[^b-d]',
    '[]a]',
    '[a-]',
    '[[:alpha:]]',
    '[\\]a]',
    '[b-a]',
    '\r',
  ],
);
const line = fc.oneof(
  fc.array(piece, { maxLength: 6 }).map(pieces => pieces.join('')),
  fc
    .tuple(
      fc.constantFrom('', '!', '/'),
      fc.constantFrom('a', 'd', '**', '*', 'd/e', 'a?'),
      fc.constantFrom('', '/', '/**', '/*', '/**/a', ' ', '\\ '),
    )
    .map(parts => parts.join('')),
);
const ignoreFile = fc.array(line, { maxLength: 5 }).map(lines => lines.join('\n'));

test.skipIf(!hasGit)('ignore files mean what git takes them for', () => {
  fc.assert(
    fc.property(ignoreFile, ignoreFile, (top, nested) => {
      for (const name of ['.gitignore', '.megalithignore']) {
        writeFileSync(join(root, name), top);
        writeFileSync(join(root, 'd', name), nested);
      }
      expect(ours()).toEqual(gits());
    }),
    { numRuns: 600 },
  );
});
