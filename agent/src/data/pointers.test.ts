import { describe, expect, test } from 'vitest';
import { pointersIn, withPointers } from './pointers.js';

const pointer = { megalith: 'object', store: 's3://b', key: 'k', etag: 'e', bytes: 1, content: 'bytes' } as const;

describe('pointers in an item', () => {
  test.each([
    ['itself', pointer, 1],
    ['in an array', [pointer, 1, pointer], 2],
    ['in an object', { a: pointer }, 1],
    ['two levels down', { a: [pointer], b: { c: pointer } }, 2],
    ['three levels down: not looked at', { a: { b: { c: pointer } } }, 0],
    ['in a map, a class or bytes: not looked at', [new Map([['a', pointer]]), new Uint8Array(9), new Date()], 0],
    ['a part of data', { megalith: 'part', from: pointer }, 0],
    ['something like one', { megalith: 'object', key: 1 }, 0],
    ['none', null, 0],
  ])('are found: %s', (_, item, count) => {
    expect(pointersIn(item)).toHaveLength(count);
  });

  test('are none where one of its properties cannot be read: that is told when it is written', () => {
    const trap = () => {
      throw new Error('the trap was touched');
    };
    expect(pointersIn([pointer, Object.defineProperty({}, 'a', { enumerable: true, get: trap })])).toEqual([]);
  });

  test('are replaced in a copy, and the item stays as it was', () => {
    const item = { a: [pointer, 7], b: 'x', date: new Date(0) };
    const changed = withPointers(item, one => ({ ...one, readUrl: 'u' }));
    expect(changed).toEqual({ ...item, a: [{ ...pointer, readUrl: 'u' }, 7] });
    expect(item.a[0]).toBe(pointer);
  });
});
