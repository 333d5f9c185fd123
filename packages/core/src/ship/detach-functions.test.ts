import { expect, it } from 'vitest';
import { detachFunctions } from './detach-functions.js';

const add = (a: number, b: number): number => a + b;

it('gives data without functions back as it is', () => {
  const value = { list: [1, new Map([['add', add]])] };
  expect(detachFunctions(value, new Map())).toEqual({ value, functions: [] });
  expect(detachFunctions(value, new Map()).value).toBe(value);
});

it('takes functions out of objects and arrays, and leaves their keys in order', () => {
  const { value, functions } = detachFunctions({ first: add, list: [1, add], last: 2 }, new Map());
  expect(value).toEqual({ first: undefined, list: [1, undefined], last: 2 });
  expect(Object.keys(value as object)).toEqual(['first', 'list', 'last']);
  expect(functions).toEqual([
    { keys: ['first'], fn: add },
    { keys: ['list', 1], fn: add },
  ]);
});

it('keeps cycles, and takes each function of a shared object once', () => {
  const shared = { add };
  const value: Record<string, unknown> = { left: shared, right: shared };
  value.self = value;
  const detached = detachFunctions(value, new Map());
  const copy = detached.value as Record<string, unknown>;
  expect(copy.self).toBe(copy);
  expect(copy.left).toBe(copy.right);
  expect(detached.functions).toEqual([{ keys: ['left', 'add'], fn: add }]);
});
