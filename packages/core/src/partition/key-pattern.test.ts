import { describe, expect, it } from 'vitest';
import { keyPattern } from './key-pattern.js';

const keys = ['a', 'a/b.csv', 'a/c/d.csv', 'a/c/e.txt', 'ab/x.csv', 'b.csv', 'a/[x].csv'];
const matched = (text: string): string[] => {
  const { prefix, matches } = keyPattern(text);
  return keys.filter(key => key.startsWith(prefix) && matches(key));
};

describe('a pattern of keys', () => {
  it.each([
    ['', keys],
    ['a/', ['a/b.csv', 'a/c/d.csv', 'a/c/e.txt', 'a/[x].csv']],
    ['a', ['a']],
    ['*.csv', ['b.csv']],
    ['a/*.csv', ['a/b.csv', 'a/[x].csv']],
    ['**/*.csv', ['a/b.csv', 'a/c/d.csv', 'ab/x.csv', 'b.csv', 'a/[x].csv']],
    ['a/**', ['a/b.csv', 'a/c/d.csv', 'a/c/e.txt', 'a/[x].csv']],
    ['a/**/*.csv', ['a/b.csv', 'a/c/d.csv', 'a/[x].csv']],
    ['a/{b,c/d}.csv', ['a/b.csv', 'a/c/d.csv']],
    ['a?/*', ['ab/x.csv']],
    ['a/[!b]/*', ['a/c/d.csv', 'a/c/e.txt']],
    ['a/[a-b].csv', ['a/b.csv']],
  ])('"%s"', (text, expected) => expect(matched(text)).toEqual(expected));

  it('has only what can match listed', () => expect(keyPattern('in/2026-*/x/*.csv').prefix).toBe('in/2026-'));
});
