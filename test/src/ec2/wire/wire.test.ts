import fc from 'fast-check';
import { expect, test } from 'vitest';
import { branches, canonical, type Params, parseForm, texts } from './params.js';
import { xml } from './xml.js';

const name = fc.stringMatching(/^[A-Z][A-Za-z]{0,8}$/);
const leaf = fc.string({ unit: 'grapheme', maxLength: 20 });
const { tree } = fc.letrec<{ tree: Params }>(tie => ({
  tree: fc.dictionary(name, fc.oneof({ depthSize: 'small' }, leaf, tie('tree')), { maxKeys: 4, noNullPrototype: true }),
}));

function flat(params: Params, before: readonly string[] = []): [string, string][] {
  return Object.entries(params).flatMap(([step, value]): [string, string][] =>
    typeof value === 'string' ? [[[...before, step].join('.'), value]] : flat(value, [...before, step]),
  );
}

test('a form is read back as the tree that it was', () => {
  fc.assert(
    fc.property(tree, params => {
      const pairs = flat(params);
      expect(flat(parseForm(new URLSearchParams(pairs).toString())).toSorted()).toEqual(pairs.toSorted());
    }),
  );
});

test('the order of parameters does not matter, their values do', () => {
  fc.assert(
    fc.property(tree, params => {
      const turned = Object.fromEntries(Object.entries(params).reverse());
      expect(canonical(turned)).toBe(canonical(params));
      expect(canonical({ ...params, More: 'x' })).not.toBe(canonical({ ...params, More: 'y' }));
    }),
  );
});

test('members of lists come in the order of their numbers', () => {
  const params = parseForm('Value.10=c&Value.2=b&Value.1=a&Filter.2.Name=y&Filter.1.Name=x');
  expect(texts(params, 'Value')).toEqual(['a', 'b', 'c']);
  expect(branches(params, 'Filter')).toEqual([{ Name: 'x' }, { Name: 'y' }]);
});

test('XML has items for lists, nothing for what is undefined, and no text that is a tag', () => {
  expect(xml({ tagSet: [{ key: 'a<b', value: '"&"' }], none: undefined, empty: '', at: new Date(0), on: true })).toBe(
    '<tagSet><item><key>a&lt;b</key><value>&quot;&amp;&quot;</value></item></tagSet>' +
      '<empty></empty><at>1970-01-01T00:00:00.000Z</at><on>true</on>',
  );
});
