import { expect, it } from 'vitest';
import type { DataDefinition } from './definitions.js';
import { codeDefinition } from './fixtures/code-definition.js';
import { nameDefinitions } from './name-definitions.js';

const data = (preferredName: string): DataDefinition => ({
  kind: 'data',
  preferredName,
  value: 1,
  functions: [],
  path: [preferredName],
});

it('keeps the names of the user, and numbers the second of a name', () => {
  const [first, second] = [data('k'), data('k')];
  const names = nameDefinitions([first, second], []);
  expect([names.get(first), names.get(second)]).toEqual(['k', 'k$1']);
});

it('leaves a name alone that some code means a global by', () => {
  const own = data('Map');
  const uses = codeDefinition('uses', '() => Map.size', { Map: own });
  const global = codeDefinition('global', '() => new Map()');
  expect(nameDefinitions([uses, own, global], []).get(own)).toBe('Map$1');
});

it('takes no name that would be caught by a variable of the code that uses it', () => {
  const shared = data('limit');
  const first = codeDefinition('first', '() => limit', { limit: shared });
  const second = codeDefinition('second', 'limit => limit + max', { max: shared });
  expect(nameDefinitions([first, shared, second], []).get(shared)).toBe('limit$1');
});

it('makes a name for what has none, or one that is no identifier', () => {
  const definitions = ['', 'class', 'a-b', '1'].map(data);
  const names = nameDefinitions(definitions, []);
  expect(definitions.map(item => names.get(item))).toEqual(['anonymous', 'anonymous$1', 'anonymous$2', 'anonymous$3']);
});
