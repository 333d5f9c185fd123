import { expect, test } from 'vitest';
import { circles, emptyNamed, foreignToAgent, tooLong, wrongDirections } from './rules.js';
import { sourceFiles } from './source-file.js';

const files = sourceFiles();

test('every floor is looked at', () => {
  for (const floor of ['agent/src/', 'packages/core/src/', 'packages/cli/src/', 'examples/', 'test/src/']) {
    expect(files.filter(({ path }) => path.startsWith(floor))).not.toEqual([]);
  }
});

test('imports point down: agent ← core ← standalone ← cli', () => {
  expect(wrongDirections(files)).toEqual([]);
});

test('the agent imports nothing outside Node', () => {
  expect(foreignToAgent(files)).toEqual([]);
});

test('no files need each other in a circle', () => {
  expect(circles(files)).toEqual([]);
});

test('no file is longer than 350 lines', () => {
  expect(tooLong(files)).toEqual([]);
});

test('every name says what is in the file', () => {
  expect(emptyNamed(files)).toEqual([]);
});
