import type { CloudObject, FunctionOptions, TaskContext } from '@megalith/core';
import { describe, expect, test } from 'vitest';
import { failureOf } from './failure-of.js';
import { executorOf, type Place } from './place.js';

/** Pointers in place of copies. */
export function objects(place: Place): void {
  const { objects: where } = place.capabilities;
  const options: FunctionOptions = typeof where === 'object' ? { store: where.store } : {};

  describe.runIf(where === 'nowhere')('objects of tasks, where no store is in reach', () => {
    const executor = executorOf(place);

    test('cannot be put, and the error says what would help', async () => {
      const failure = await failureOf(
        executor().callAsync(async (_: undefined, { storage }) => storage.put(1), undefined),
      );
      expect(failure.cause).toMatchObject({ code: 'NOT_CONFIGURED' });
      expect(failure.cause).toMatchObject({ hint: expect.stringContaining('store') });
    });
  });

  describe.skipIf(where === 'nowhere')('objects of tasks', () => {
    const executor = executorOf(place);

    test('are put by one job, read by the next, and cleaned', async () => {
      const { storage } = executor();
      const job = executor().map(
        async (n: number, { storage: own }) => own.put({ n, half: n / 2 }),
        [1, 2, 3],
        options,
      );
      const pointers = await job;
      expect(pointers.map(({ content, label }) => [content, label])).toEqual(pointers.map(() => ['value', 'internal']));
      const halves = executor().map(
        async (pointer: CloudObject, { storage: own }) => (await own.get<{ half: number }>(pointer)).half,
        pointers,
      );
      expect(await halves).toEqual([0.5, 1, 1.5]);
      expect(await storage.get(pointers[2]!)).toEqual({ n: 3, half: 1.5 });
      const listed: CloudObject[] = [];
      for await (const object of storage.list(job, options)) listed.push(object);
      expect(listed.map(({ key, content }) => [key, content])).toEqual(
        pointers.map(({ key }) => [key, 'value']).sort(),
      );
      expect(await storage.clean({ ...options, jobs: [job.id] })).toMatchObject({ objects: 3 });
      expect(await storage.head(pointers[0]!)).toBeUndefined();
    });

    test('are bytes, streams and parts of them too, and are found inside of items', async () => {
      const [bytes, stream, empty] = await executor().callAsync(
        async (text: string, { storage }) => {
          const whole = new TextEncoder().encode(text);
          async function* pieces() {
            for (const [at] of whole.entries()) yield whole.subarray(at, at + 1);
          }
          return [
            await storage.put(whole, { name: 'what it is/ü' }),
            await storage.put(pieces()),
            await storage.put(new Uint8Array()),
          ];
        },
        'hello world',
        options,
      );
      expect(bytes).toMatchObject({ content: 'bytes', bytes: 11, key: expect.stringMatching(/-what_it_is_$/) });
      const read = async (item: { in: CloudObject[] }, { storage }: Storing) => {
        const [first, second, third] = item.in as [CloudObject, CloudObject, CloudObject];
        let part = '';
        for await (const chunk of storage.stream(second, { range: { start: 3, end: 6 } })) {
          part += new TextDecoder().decode(chunk);
        }
        return [
          new TextDecoder().decode(await storage.get<Uint8Array>(first)),
          part,
          (await storage.get<Uint8Array>(third)).length,
          JSON.stringify(item).includes('readUrl'),
        ];
      };
      expect(await executor().map(read, [{ in: [bytes!, stream!, empty!] }], options)).toEqual([
        ['hello world', 'lo w', 0, false],
      ]);
    });

    test('of the client are read by tasks, and one that was replaced is told from what was pointed to', async () => {
      const pointer = await executor().storage.put({ rows: [1, 2] }, { ...options, name: 'in' });
      const get = async (object: CloudObject, { storage }: Storing) => storage.get(object);
      expect(await executor().callAsync(get, pointer, options)).toEqual({ rows: [1, 2] });
      const failure = await failureOf(executor().callAsync(get, { ...pointer, etag: `${pointer.etag}0` }, options));
      expect(failure.cause).toMatchObject({ code: 'DATA_CHANGED' });
      await executor().storage.delete(pointer);
      const gone = await failureOf(executor().callAsync(get, pointer, options));
      expect(gone.cause).toMatchObject({ code: 'NOT_FOUND' });
    });
  });
}

type Storing = Pick<TaskContext, 'storage'>;
