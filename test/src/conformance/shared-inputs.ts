import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type SharedInput, sharedFile } from '@megalith/core';
import { describe, expect, test } from 'vitest';
import { failureOfCall } from './failure-of.js';
import { executorOf, type Place } from './place.js';
import { scratchFolder } from './scratch.js';
import { addToCounter, describeShared, loadSquares, readShared, sumShared } from './tasks/shared.js';

/** One array for all tasks of a machine, not a copy for each. */
export function sharedInputs(place: Place): void {
  describe.runIf(place.capabilities.threads)('a shared input', () => {
    const executor = executorOf(place);

    test('is seen by every task', async () => {
      const table = Float64Array.from({ length: 1000 }, (_, i) => i);
      expect(await executor().map(readShared, [0, 500, 999], { shared: { table } })).toEqual([0, 500, 999]);
    });

    const isOneMemory = place.capabilities.severalTasksEach;
    test.runIf(isOneMemory)('is one memory a machine: what one task adds all others there see', async () => {
      const n = 200;
      const job = executor().map(addToCounter, new Array<number>(n).fill(1), {
        shared: { counter: new Int32Array(1) },
      });
      const seen = await job;
      const byMachine = new Map<string, number[]>();
      for (const [index, value] of seen.entries()) {
        const { machine } = job.future(index).stats!;
        byMachine.set(machine, [...(byMachine.get(machine) ?? []), value]);
      }
      expect(byMachine.size).toBeLessThanOrEqual(place.capabilities.machines);
      // Each addition gives the value before it: together they are all numbers below their count, each once.
      for (const values of byMachine.values()) {
        expect(values.toSorted((a, b) => a - b)).toEqual(values.map((_, i) => i));
      }
    });

    test("does not change the client's array, which was copied once", async () => {
      const counter = Int32Array.of(5);
      const job = executor().map(addToCounter, [1, 1], { shared: { counter }, cpus: 1 });
      const seen = (await job).toSorted((a, b) => a - b);
      const machines = new Set([...job].map(({ stats }) => stats!.machine)).size;
      expect(seen).toEqual(machines === 1 ? [5, 6] : [5, 5]);
      expect(counter[0]).toBe(5);
    });

    test.each<[string, SharedInput, string]>([
      ['a Uint8Array', Uint8Array.of(1, 2), 'Uint8Array'],
      ['a Float32Array', Float32Array.of(1, 2), 'Float32Array'],
      ['a BigInt64Array', BigInt64Array.of(1n, 2n), 'BigInt64Array'],
      ['a Buffer', Buffer.from([1, 2]), 'Buffer'],
      ['an ArrayBuffer', Uint8Array.of(1, 2).buffer, 'SharedArrayBuffer'],
      ['a SharedArrayBuffer', new SharedArrayBuffer(2), 'SharedArrayBuffer'],
      ['a part of an array', Uint8Array.of(9, 1, 2, 9).subarray(1, 3), 'Uint8Array'],
    ])('may be %s', async (_name, data, kind) => {
      const [seen] = await executor().map(describeShared, ['data'], { shared: { data } });
      expect(seen).toMatchObject({ kind, shared: true });
      expect(seen!.length).toBe(2);
    });

    test('may come in any number, by name', async () => {
      const shared = { a: Uint8Array.of(1, 2, 3), b: Float64Array.of(0.5), empty: new Uint8Array(0) };
      expect(await executor().map(sumShared, [['a', 'b', 'empty']], { shared })).toEqual([6.5]);
    });

    test.runIf(place.capabilities.sameFiles)('may be a file, read where the tasks run', async () => {
      const path = join(scratchFolder(), 'numbers.bin');
      writeFileSync(path, new Uint8Array(Float64Array.of(1.5, 2.5, 4).buffer));
      expect(
        await executor().map(sumShared, [['data']], { shared: { data: sharedFile(path, 'Float64Array') } }),
      ).toEqual([8]);
    });

    test('may be loaded by a function that runs once, where the tasks run', async () => {
      const totals = await executor().map(sumShared, [['squares'], ['squares'], ['squares']], {
        shared: { squares: loadSquares },
      });
      expect(totals).toEqual([14, 14, 14]);
    });

    test.each<[string, unknown, RegExp]>([
      ['a plain array', [1, 2, 3], /table.*array/i],
      ['a Map', new Map(), /table.*map/i],
      ['text', 'abc', /table.*string/i],
      ['null', null, /table.*null/i],
      ['an object', { a: 1 }, /table.*object/i],
    ])('is refused by name where it is %s', async (_name, table, message) => {
      const error = await failureOfCall(() =>
        executor().map(readShared, [0], { shared: { table: table as SharedInput } }),
      );
      expect(error.code).toBe('CANNOT_SHARE');
      expect(error.message).toMatch(message);
      expect(error.hint ?? '').not.toBe('');
    });

    test('is refused where a process would need a copy of it', async () => {
      const error = await failureOfCall(() =>
        executor().map(readShared, [0], { shared: { table: new Float64Array(1) }, isolation: 'process' }),
      );
      expect(['CANNOT_SHARE', 'USAGE']).toContain(error.code);
    });

    test('that is a file which is not there fails the job with the path', async () => {
      const path = join(scratchFolder(), 'missing.bin');
      const error = await failureOfCall(() => executor().map(readShared, [0], { shared: { table: sharedFile(path) } }));
      expect(error.code).toBe('CANNOT_SHARE');
      expect(error.message).toContain(path);
      expect(await executor().map(sumShared, [['a']], { shared: { a: Uint8Array.of(4) } })).toEqual([4]);
    });

    test('whose loader throws fails the job with the cause', async () => {
      const broken = (): Uint8Array => {
        throw new Error('the archive is damaged');
      };
      const error = await failureOfCall(() => executor().map(readShared, [0], { shared: { table: broken } }));
      expect(error.code).toBe('CANNOT_SHARE');
      expect(`${error.message} ${error.cause}`).toContain('the archive is damaged');
    });
  });
}
