import { expect, test } from 'vitest';
import { importsOf, targetOf } from './imports.js';

function specifiers(text: string): string[] {
  return importsOf({ path: 'agent/src/a.ts', text }).map(({ specifier, typeOnly }) =>
    typeOnly ? `type ${specifier}` : specifier,
  );
}

test('finds each form of import', () => {
  expect(specifiers("import { a } from './a.js';")).toEqual(['./a.js']);
  expect(specifiers("import {\n  a,\n  b,\n} from 'b';")).toEqual(['b']);
  expect(specifiers("import type { C } from 'c';")).toEqual(['type c']);
  expect(specifiers("import * as d from 'd';")).toEqual(['d']);
  expect(specifiers("import 'e';")).toEqual(['e']);
  expect(specifiers("const f = await import('f');")).toEqual(['f']);
  expect(specifiers("export { g } from 'g';\nexport * from 'h';")).toEqual(['g', 'h']);
});

test('takes an exported constant for no import', () => {
  expect(specifiers("export const a = 1;\nconst from = 'b';")).toEqual([]);
});

test('knows which file a relative import means', () => {
  expect(targetOf({ from: 'agent/src/host/a.ts', specifier: '../b.js', typeOnly: false })).toBe('agent/src/b.ts');
});
