import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FunctionExecutor } from '../executor/function-executor.js';
import { createFakeBackend, runShipped } from '../executor/testing/fake-backend.js';
import type { TaskContext } from '../executor/types.js';

let home: string;
let executor: FunctionExecutor;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'megalith-group-'));
  executor = new FunctionExecutor({ backend: createFakeBackend(runShipped()), home });
});
afterEach(async () => {
  await executor.close();
  rmSync(home, { recursive: true, force: true });
});

const left = () => readdirSync(join(home, 'shuffle'));

function* words(text: string): Generator<[string, number]> {
  for (const word of text.split(' ')) yield [word, 1];
}
const sum = (_: unknown, values: Iterable<number>) => {
  let total = 0;
  for (const value of values) total += value;
  return total;
};
const list = <V>(_: unknown, values: Iterable<V>) => [...values];

describe('groupByKey', () => {
  it('reduces the values of each key, and leaves nothing behind', async () => {
    const counts = await executor.groupByKey(words, ['a b a', 'c b', 'ä'], sum);
    expect(new Map(counts)).toEqual(
      new Map([
        ['a', 2],
        ['b', 2],
        ['c', 1],
        ['ä', 1],
      ]),
    );
    expect(await executor.groupByKey(words, [], sum)).toEqual([]);
    expect(left()).toEqual([]);
  });

  it('gives the same as a group in memory, in the same order with any memory and any number of parts', async () => {
    const many = ({ seed, count }: { seed: number; count: number }) => {
      const pairs: [unknown, string][] = [];
      for (let i = 0, state = seed + 1; i < count; i++) {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        const key = state >>> 8;
        pairs.push([
          [key % 97, `k${key % 97}`, key % 2 === 0, -(key % 13) / 2][key % 4],
          `${seed}:${i}${'.'.repeat(key % 60)}`,
        ]);
      }
      return pairs as [string | number | boolean, string][];
    };
    const items = [5, 0, 900, 1500, 1].map((count, seed) => ({ seed, count }));
    const expected = new Map<unknown, string[]>();
    for (const [key, value] of items.flatMap(many)) expected.set(key, [...(expected.get(key) ?? []), value]);
    let first: unknown;
    for (const options of [
      {},
      { memory: '24KiB', partitions: 3 },
      { memory: '40KiB', partitions: 1 },
      { partitions: 20 },
    ]) {
      const groups = await executor.groupByKey(many, items, list, options);
      expect(new Map(groups as [unknown, string[]][])).toEqual(expected);
      first ??= groups;
      expect(groups).toEqual(first);
    }
  });

  it('joins two tables by a key that both have', async () => {
    const users = [
      {
        table: 'users',
        rows: [
          [1, 'Ada'],
          [2, 'Bob'],
          [3, 'Eve'],
        ],
      },
    ] as const;
    const orders = [
      {
        table: 'orders',
        rows: [
          [1, 'book'],
          [3, 'pen'],
        ],
      },
      {
        table: 'orders',
        rows: [
          [1, 'ink'],
          [4, 'cup'],
        ],
      },
    ] as const;
    type Part = { readonly table: 'users' | 'orders'; readonly rows: readonly (readonly [number, string])[] };
    type Tagged = { readonly from: Part['table']; readonly text: string };
    const tagged = function* ({ table, rows }: Part): Generator<[number, Tagged]> {
      for (const [id, text] of rows) yield [id, { from: table, text }];
    };
    const joined = (_: number, values: Iterable<Tagged>) => {
      const names: string[] = [];
      const things: string[] = [];
      for (const { from, text } of values) (from === 'users' ? names : things).push(text);
      return names.flatMap(name => things.map(thing => `${name}: ${thing}`));
    };
    const groups = await executor.groupByKey(tagged, [...users, ...orders], joined);
    expect(groups.flatMap(([, rows]) => rows).sort()).toEqual(['Ada: book', 'Ada: ink', 'Eve: pen']);
  });

  it('streams the values of a key that has most of them, and passes over those that nobody reads', async () => {
    const skewed = function* (part: number): Generator<[string, Uint8Array]> {
      for (let i = 0; i < 400; i++) yield ['giant', new Uint8Array(1000).fill(part)];
      yield ['small', new Uint8Array([part])];
    };
    const firstOnly = (key: string, values: Iterable<Uint8Array>) => {
      let count = 0;
      for (const value of values) {
        count++;
        if (key === 'small') return [value[0], count];
      }
      return [0, count];
    };
    const groups = await executor.groupByKey(skewed, [7, 8, 9], firstOnly, { memory: '64KiB', partitions: 1 });
    expect(new Map(groups)).toEqual(
      new Map([
        ['giant', [0, 1200]],
        ['small', [7, 1]],
      ]),
    );
  });

  it('takes pairs from async generators and arrays, and may reduce asynchronously', async () => {
    const later = async function* (x: number): AsyncGenerator<[bigint, Float64Array]> {
      yield [1n, Float64Array.of(x)];
    };
    const all = async (_: bigint, values: Iterable<Float64Array>) => {
      const kept = [...values];
      await Promise.resolve();
      return kept.map(value => value[0]);
    };
    expect(await executor.groupByKey(later, [3, 4], all)).toEqual([[1n, [3, 4]]]);
    expect(await executor.groupByKey((x: number) => [[null, x] as [null, number]], [3, 4], list)).toEqual([
      [null, [3, 4]],
    ]);
  });

  it('gives results one by one, as they are asked for', async () => {
    const seen: [string, number][] = [];
    for await (const pair of executor.groupByKey(words, ['a b a', 'c'], sum)) {
      expect(left().length).toBe(1);
      seen.push([...pair]);
    }
    expect(new Map(seen)).toEqual(
      new Map([
        ['a', 2],
        ['b', 1],
        ['c', 1],
      ]),
    );
    expect(left()).toEqual([]);
  });

  it('lets go of results that nobody took when its executor is closed', async () => {
    const grouping = executor.groupByKey(words, ['a'], sum);
    await grouping.reduceJob.ended();
    expect(left().length).toBe(1);
    await executor.close();
    expect(left()).toEqual([]);
  });

  it('fails with the first failure of either half, and leaves nothing behind', async () => {
    const bad = () => {
      throw new Error('no');
    };
    await expect(executor.groupByKey(bad, [1], sum)).rejects.toMatchObject({ code: 'THREW' });
    await expect(executor.groupByKey(words, ['a'], bad)).rejects.toMatchObject({ code: 'THREW' });
    await expect(executor.groupByKey((() => 7) as never, [1], sum)).rejects.toMatchObject({
      message: expect.stringContaining('7, which holds no pairs'),
    });
    await expect(executor.groupByKey((() => [[{}, 1]]) as never, [1], sum)).rejects.toMatchObject({
      message: expect.stringContaining('cannot be a key'),
    });
    const secret = new WeakMap<object, number>();
    const unshippable = (_: string, values: Iterable<number>) => secret.get(values);
    await expect(executor.groupByKey(words, ['a'], unshippable)).rejects.toMatchObject({ code: 'CANNOT_SHIP' });
    await expect(executor.groupByKey(words, ['a'], sum, { partitions: 0 })).rejects.toMatchObject({ code: 'USAGE' });
    expect(left()).toEqual([]);
  });

  it('tries a task again, with nothing of its first try', async () => {
    const flaky = function* (text: string, { attempt }: TaskContext): Generator<[string, number]> {
      yield* text.split(' ').map(word => [word, attempt] as [string, number]);
      if (attempt === 1) throw new Error('once');
    };
    const flakySum = (_: string, values: Iterable<number>, { attempt }: TaskContext) => {
      const all = [...values];
      if (attempt === 1) throw new Error('once');
      return all;
    };
    const options = { retries: { retries: 1, backoff: 0 }, memory: '4KiB' };
    const groups = await executor.groupByKey(flaky, ['a a', 'a'], flakySum, options);
    expect(groups).toEqual([['a', [2, 2, 2]]]);
  });

  it('can be cancelled', async () => {
    const stuck = async () => new Promise<[string, number][]>(() => undefined);
    const grouping = executor.groupByKey(stuck, [1], sum);
    await expect.poll(() => grouping.job.state).toBe('running');
    grouping.cancel('enough');
    await expect(grouping).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(left()).toEqual([]);
  });

  it('says so where tasks would not share the folder of their runs', async () => {
    const site = { name: 'far', kind: 'on-prem', clearance: 'restricted' } as const;
    const far = createFakeBackend(runShipped(), { candidate: { kind: 'host', site } });
    const elsewhere = new FunctionExecutor({ backend: far, home });
    await expect(elsewhere.groupByKey(words, ['a'], sum)).rejects.toMatchObject({
      code: 'NO_PLACEMENT',
      message: 'its tasks share a folder of this machine',
      hint: expect.stringContaining('local'),
    });
    expect(far.jobs).toEqual([]);
    await elsewhere.close();
  });
});
