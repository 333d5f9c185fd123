import fc from 'fast-check';
import { expect, it } from 'vitest';
import { pathMatcher } from './path-rule.js';

it.each([
  ['/a/**/z', '/a/z', true],
  ['/a/**/z', '/a/b/c/z', true],
  ['/a/**/z', '/a/b/c/y', false],
  ['/a/**/z', '/b/z', false],
  ['/a/**', '/a', true],
  ['/a/*', '/a', false],
  ['/a/*', '/a/.b', true],
  ['/a.b', '/axb', false],
  ['/a/b?', '/a/b', false],
  ['/a/b?', '/a/bé', true],
  ['/a/b*c*d', '/a/bxcxd', true],
  ['/a/b*c*d', '/a/bxdxc', false],
  ['/a//b/', '/a/b', true],
  ['/caf\u00e9/**', '/cafe\u0301/x', true],
  ['/(a|b)+', '/a', false],
  ['/(a|b)+', '/(a|b)+', true],
])('the rule %s and the file %s', (glob, path, expected) => {
  expect(pathMatcher(glob)(path, 'file')).toBe(expected);
});

it('covers a folder wherever it covers a file below it', () => {
  const names = fc.array(fc.constantFrom('a', 'b', 'ab', 'z.csv'), { minLength: 1, maxLength: 5 });
  const globs = fc.array(fc.constantFrom('a', 'b', '*', '**', 'a?', '*.csv', 'a*'), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(globs, names, fc.nat(4), (glob, path, depth) => {
      const covers = pathMatcher(`/${glob.join('/')}`);
      const folder = `/${path.slice(0, depth).join('/')}`;
      if (covers(`/${path.join('/')}`, 'file')) expect(covers(folder, 'any')).toBe(true);
    }),
  );
});

it('is quick however many stars a rule has', () => {
  const covers = pathMatcher(`/${'**/a*/'.repeat(30)}z`);
  expect(covers(`/${'aa/'.repeat(200)}y`, 'file')).toBe(false);
});
