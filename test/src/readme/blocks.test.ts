import { expect, test } from 'vitest';
import { blocksOf, commandsOf, printedBy } from './blocks.js';

test('finds the blocks of a page, with their lines', () => {
  expect(blocksOf('# A\n\n```ts\nlet a;\n```\ntext\n```sh\nls\n```\n')).toEqual([
    { language: 'ts', text: 'let a;\n', line: 3 },
    { language: 'sh', text: 'ls\n', line: 7 },
  ]);
});

test('knows what a program says that it prints', () => {
  expect(printedBy("// a remark\nconsole.log(1 + 1); // 2\nf(); // no\n  console.log('a'); // a\n")).toEqual([
    '2',
    'a',
  ]);
});

test('knows commands and their output', () => {
  expect(commandsOf('$ echo a\na\n$ true\n$ seq 2\n1\n2\n')).toEqual([
    { command: 'echo a', stdout: 'a\n' },
    { command: 'true', stdout: '' },
    { command: 'seq 2', stdout: '1\n2\n' },
  ]);
});
