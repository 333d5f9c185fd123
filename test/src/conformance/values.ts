import { describe, expect, test } from 'vitest';
import { failureOf } from './failure-of.js';
import { executorOf, type Place } from './place.js';
import { double, identity } from './tasks/arithmetic.js';
import {
  describeValue,
  makeValue,
  type UnserializableName,
  unserializable,
  unserializableNames,
} from './tasks/values.js';

/** Values in both directions: what arrives in the task, and what comes back. */
export function values(place: Place): void {
  describe('a value', () => {
    const executor = executorOf(place);
    const roundTrip = <T>(value: T): PromiseLike<T> => executor().callAsync(identity<T>, value);

    test.each<[string, unknown]>([
      ['a Map', new Map<unknown, unknown>([[{ key: 1 }, new Map([['inner', 2]])]])],
      ['a Set', new Set([1, 'two', new Date(3)])],
      ['a Date', new Date('2026-02-03T04:05:06.789Z')],
      ['a BigInt', 2n ** 100n],
      ['a regular expression', /^a+(?<rest>.*)$/giu],
      ['a boxed number', Object(7)],
      ['text of every plane', 'ascii ü 漢 🗿 \u0000 \ud800'],
      ['nested arrays', [[], [[]], [[[1]]]]],
      ['an object without a prototype', Object.assign(Object.create(null), { a: 1 })],
      [
        'numbers at the edges',
        [Number.MAX_SAFE_INTEGER, Number.MIN_VALUE, Number.MAX_VALUE, -1 / 3, Infinity, -Infinity],
      ],
    ])('round trip of %s', async (_name, value) => {
      expect(await roundTrip(value)).toEqual(value);
    });

    test('round trip of -0, NaN and undefined', async () => {
      const [minusZero, nan, nothing, ...rest] = await roundTrip([-0, Number.NaN, undefined]);
      expect(Object.is(minusZero, -0)).toBe(true);
      expect(nan).toBeNaN();
      expect(nothing).toBe(undefined);
      expect(rest).toEqual([]);
      expect(Object.is(await roundTrip(-0), -0)).toBe(true);
      expect(await roundTrip({ there: undefined })).toStrictEqual({ there: undefined });
    });

    test('round trip of a sparse array keeps its holes', async () => {
      const sparse: number[] = [];
      sparse[5] = 1;
      const back = await roundTrip(sparse);
      expect(back.length).toBe(6);
      expect(Object.keys(back)).toEqual(['5']);
    });

    test('round trip of a cycle and of an object seen twice keeps identity', async () => {
      const twice = { n: 1 };
      const cycle: { self?: unknown; a: object; b: object } = { a: twice, b: twice };
      cycle.self = cycle;
      const back = await roundTrip(cycle);
      expect(back.self).toBe(back);
      expect(back.a).toBe(back.b);
    });

    test.each<[string, ArrayBufferView | ArrayBuffer]>([
      ['Uint8Array', Uint8Array.of(1, 255)],
      ['Uint8ClampedArray', Uint8ClampedArray.of(1, 255)],
      ['Int16Array', Int16Array.of(-1, 2 ** 15 - 1)],
      ['Uint32Array', Uint32Array.of(1, 2 ** 32 - 1)],
      ['Float32Array', Float32Array.of(0.5, -0)],
      ['Float64Array', Float64Array.of(0.1, Number.NaN)],
      ['BigInt64Array', BigInt64Array.of(-1n, 2n ** 62n)],
      ['an empty Int32Array', new Int32Array(0)],
      ['ArrayBuffer', Uint8Array.of(1, 2, 3).buffer],
      ['Buffer', Buffer.from('bytes')],
    ])('round trip of %s keeps its kind and its elements', async (_name, value) => {
      const back = await roundTrip(value);
      expect(back.constructor.name).toBe(value.constructor.name);
      expect(back).toEqual(value);
      expect(await executor().callAsync(describeValue, value)).toMatchObject({ name: value.constructor.name });
    });

    test('that is a part of a larger buffer travels alone', async () => {
      const whole = new Uint8Array(1024 * 1024).fill(7);
      const back = await roundTrip(whole.subarray(10, 14));
      expect(back).toEqual(Uint8Array.of(7, 7, 7, 7));
    });

    test('of 64 MiB goes there and back', async () => {
      const bytes = new Uint8Array(64 * 1024 * 1024);
      for (let i = 0; i < bytes.length; i += 4093) bytes[i] = i & 255;
      const back = await roundTrip(bytes);
      expect(Buffer.compare(back, bytes)).toBe(0);
    });

    test('that is an Error keeps its class, message, stack, cause and own properties', async () => {
      const error = Object.assign(new TypeError('outer', { cause: new RangeError('inner') }), {
        code: 'E_OUTER',
        rows: [1],
      });
      const back = await roundTrip(error);
      expect(back).toBeInstanceOf(TypeError);
      expect(back.message).toBe('outer');
      expect(back.stack).toContain('values.ts');
      expect(back.cause).toBeInstanceOf(RangeError);
      expect((back.cause as Error).message).toBe('inner');
    });

    test('that is thrown keeps its name, cause and own properties', async () => {
      const error = await failureOf(
        executor().callAsync(() => {
          class QueryError extends Error {
            override readonly name = 'QueryError';
            readonly table = 'reads';
          }
          throw new QueryError('no table', { cause: new Error('disk') });
        }, undefined),
      );
      const thrown = error.cause as Error & { table: string };
      expect(thrown.name).toBe('QueryError');
      expect(thrown.message).toBe('no table');
      expect(thrown.table).toBe('reads');
      expect((thrown.cause as Error).message).toBe('disk');
    });

    test.each(unserializableNames)('that is %s is refused as a result, and the next task is fine', async name => {
      const error = await failureOf(executor().callAsync(makeValue, name));
      expect(error.code).toBe('NOT_SERIALIZABLE');
      expect(await executor().callAsync(double, 1)).toBe(2);
    });

    test.each(unserializableNames)('that is %s is refused as an item, and its neighbours run', async name => {
      const items: unknown[] = [1, { deep: [unserializable(name as UnserializableName)] }, 3];
      const job = executor().map(identity, items);
      const error = await failureOf(job.future(1));
      expect(error.code).toBe('NOT_SERIALIZABLE');
      expect(error.message).toContain('deep');
      expect(await job.future(0)).toBe(1);
      expect(await job.future(2)).toBe(3);
    });
  });
}
