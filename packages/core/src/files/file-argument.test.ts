import { expect, test } from 'vitest';
import { parseFileInput, parseFileOutput } from './file-argument.js';

test.each([
  ['reads/', 'reads/', 'reads'],
  ['data/a.fa', 'data/a.fa', 'data/a.fa'],
  ['./a.fa', './a.fa', 'a.fa'],
  ['/data/a.fa', '/data/a.fa', 'a.fa'],
  ['../x/y', '../x/y', 'y'],
  ['../x/y:data/y', '../x/y', 'data/y'],
  ['reads/:in/reads', 'reads/', 'in/reads'],
  ['a.fa:in/', 'a.fa', 'in/'],
  ['a:.', 'a', ''],
  ['.', '.', ''],
  ['a\\:b:c', 'a:b', 'c'],
  ['a:b:c', 'a:b', 'c'],
])('--input %s', (text, path, dest) => {
  expect(parseFileInput(text)).toEqual({ path, dest });
});

test.each([
  ['asm/', 'asm/', 'asm'],
  ['asm/:results/', 'asm/', 'results/'],
  ['./asm//x.fa', 'asm/x.fa', 'asm/x.fa'],
  ['x:/tmp/y', 'x', '/tmp/y'],
  ['.:out', '', 'out'],
  ['.', '', '.'],
])('--output %s', (text, path, dest) => {
  expect(parseFileOutput(text)).toEqual({ path, dest });
});

test.each(['', ':', 'a:', ':a', 'a:/b', 'a:../b', 'a:b/../../c', '/', 'a\0b'])('--input %j is refused', text => {
  expect(() => parseFileInput(text)).toThrow(expect.objectContaining({ code: 'USAGE' }));
});

test.each(['', '/asm', '../asm', 'a/../../b', 'a:'])('--output %j is refused', text => {
  expect(() => parseFileOutput(text)).toThrow(expect.objectContaining({ code: 'USAGE' }));
});
