import { expect, test } from 'vitest';
import { circles, emptyNamed, foreignToAgent, tooLong, wrongDirections } from './rules.js';

const file = (path: string, text = '') => ({ path, text });

test('a floor may use the ones below, by their entrance', () => {
  expect(wrongDirections([file('packages/cli/src/a.ts', "import { a } from '@megalith/core';")])).toEqual([]);
  expect(wrongDirections([file('packages/core/src/b/a.ts', "import { a } from '../a.js';")])).toEqual([]);
});

test.each([
  ['upwards', 'packages/core/src/a.ts', '@megalith/cli'],
  ['upwards, types too', 'agent/src/a.ts', '@megalith/core'],
  ['itself by name', 'packages/core/src/a.ts', '@megalith/core'],
  ['a file inside a package', 'packages/cli/src/a.ts', '@megalith/core/dist/b.js'],
  ['a neighbour by path', 'packages/core/src/a.ts', '../../../agent/src/errors.js'],
])('an import is refused: %s', (_what, path, specifier) => {
  expect(wrongDirections([file(path, `import type { A } from '${specifier}';`)])).toEqual([
    expect.stringContaining(specifier),
  ]);
});

test('the agent may import Node and its own files only, its tests more', () => {
  const imports = "import 'node:fs';\nimport './b.js';\nimport 'zod';";
  expect(foreignToAgent([file('agent/src/a.ts', imports)])).toEqual(['agent/src/a.ts imports zod']);
  expect(foreignToAgent([file('agent/src/a.test.ts', imports), file('packages/core/src/a.ts', imports)])).toEqual([]);
});

test('a circle of files is found, unless it is one of types', () => {
  const b = file('agent/src/b.ts', "import './c.js';");
  const c = (form: string) => file('agent/src/c.ts', `import ${form} './b.js';`);
  expect(circles([b, c('{ b } from')])).toEqual(['agent/src/b.ts → agent/src/c.ts → agent/src/b.ts']);
  expect(circles([b, c('type { B } from')])).toEqual([]);
});

test('351 lines are too many', () => {
  expect(tooLong([file('a.ts', 'x\n'.repeat(350))])).toEqual([]);
  expect(tooLong([file('a.ts', 'x\n'.repeat(351))])).toEqual(['a.ts has 351 lines; the limit is 350']);
});

test.each(['utils.ts', 'helpers/a.ts', 'common.test.ts', 'slot-manager.ts', 'string-utils.ts'])(
  '%s says nothing',
  name => {
    expect(emptyNamed([file(`agent/src/${name}`)])).toEqual([`agent/src/${name}`]);
  },
);

test('names that only hold such a word are fine', () => {
  expect(emptyNamed([file('agent/src/common-prefix.ts'), file('agent/src/utility.ts')])).toEqual([]);
});
