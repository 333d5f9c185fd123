import { describe, expect, it } from 'vitest';
import { FunctionExecutor } from './function-executor.js';
import { Promised } from './promised.js';
import { createFakeBackend, type FakeContext, runShipped } from './testing/fake-backend.js';

const square = (x: number) => x * x;
const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);

function setUp(script = runShipped(), slots = 4) {
  const backend = createFakeBackend(script, { slots });
  return { backend, executor: new FunctionExecutor({ backend }) };
}

/** Maps say what `map` says and reduces give what they got. */
const scripted =
  (map: (task: FakeContext) => unknown) =>
  (task: FakeContext): unknown =>
    task.job.name.endsWith(':reduce') ? task.item : map(task);

describe('mapReduce', () => {
  it('folds what the maps gave', async () => {
    const { executor } = setUp();
    expect(await executor.mapReduce(square, [1, 2, 3], sum)).toBe(14);
    expect(await executor.mapReduce(square, [], sum)).toBe(0);
  });

  it('gives values in input order, whatever the order of completion', async () => {
    const gates = [new Promised<void>(), new Promised<void>()];
    const { executor } = setUp(
      scripted(({ index }) => gates[index]!.promise.then(() => gates[0]!.resolve()).then(() => index)),
    );
    gates[1]!.resolve();
    expect(await executor.mapReduce(square, [0, 0], sum)).toEqual([0, 1]);
  });

  it('reduces each key by itself, in the order in which keys came up', async () => {
    const { executor } = setUp();
    const byParity = await executor.mapReduce(square, [3, 1, 2, 4], sum, {
      reduceBy: x => (x % 2 === 0 ? 'even' : 'odd'),
    });
    expect([...byParity]).toEqual([
      ['odd', 10],
      ['even', 20],
    ]);
    const lazy = (function* () {
      yield* [1, 2, 3];
    })();
    expect([...(await executor.mapReduce(square, lazy, sum, { reduceBy: (_, index) => index % 2 }))]).toEqual([
      [0, 10],
      [1, 4],
    ]);
    expect((await executor.mapReduce(square, [], sum, { reduceBy: x => x })).size).toBe(0);
  });

  it('starts the reduce of a key when its maps are done, before other maps are', async () => {
    const gate = new Promised<void>();
    const { executor, backend } = setUp(
      scripted(({ item }) => (item === 'slow' ? gate.promise.then(() => item) : item)),
    );
    const reduction = executor.mapReduce(
      (x: string) => x,
      ['slow', 'a', 'a', 'b'],
      (xs: string[]) => xs,
      { reduceBy: x => x },
    );
    const reduces = () => backend.taken.filter(task => Array.isArray(task.item)).map(task => task.item);
    await expect.poll(reduces).toEqual([['a', 'a'], ['b']]);
    gate.resolve();
    expect([...(await reduction)]).toEqual([
      ['slow', ['slow']],
      ['a', ['a', 'a']],
      ['b', ['b']],
    ]);
  });

  it('holds no slot while it waits: one slot is enough', async () => {
    const { executor, backend } = setUp(runShipped(), 1);
    expect(await executor.mapReduce(square, [1, 2, 3], sum)).toBe(14);
    expect(backend.mostRunning).toBe(1);
    expect(backend.taken.map(task => task.item)).toEqual([1, 2, 3, [1, 4, 9]]);
  });

  it('has options for the reduce alone, and passes on the others', async () => {
    const { executor, backend } = setUp();
    await executor.mapReduce(square, [1], sum, {
      memory: '1G',
      env: { A: '1' },
      name: 'squares',
      shared: { t: Float64Array.of(1) },
      reduceOptions: { memory: '2G', timeout: '1m' },
    });
    expect(backend.jobs.map(job => job.name)).toEqual(['squares', 'squares:reduce']);
    expect(backend.jobs[1]).toMatchObject({
      requirements: { memoryBytes: 2 ** 31, timeoutMs: 60_000 },
      env: { A: '1' },
      work: { isolation: 'process', shared: [] },
    });
  });

  it('fails with the first failure of a map, and ends the others', async () => {
    const { executor, backend } = setUp(
      scripted(({ index }) => {
        if (index === 1) throw new Error('no');
        return new Promise(() => undefined);
      }),
    );
    const reduction = executor.mapReduce(square, [0, 1, 2], sum);
    await expect(reduction).rejects.toMatchObject({ code: 'THREW', message: 'task 1 of "square" threw Error: no' });
    expect(await reduction.job.ended()).toMatchObject({ failed: 1, cancelled: 2 });
    await reduction.reduceJob.ended();
    expect(backend.taken.some(task => Array.isArray(task.item))).toBe(false);
  });

  it('goes on with other keys when the map of one key fails', async () => {
    const { executor } = setUp(
      scripted(({ item }) => {
        if (item === 'bad') throw new Error('no');
        return item;
      }),
    );
    const reduction = executor.mapReduce(
      (x: string) => x,
      ['bad', 'good', 'good'],
      (xs: string[]) => xs,
      { reduceBy: x => x },
    );
    await expect(reduction).rejects.toMatchObject({ code: 'THREW' });
    expect(await reduction.reduceJob).toEqual([['good', 'good']]);
  });

  it('runs no map when the reduce cannot be shipped or placed', async () => {
    const { executor, backend } = setUp();
    const secret = new WeakMap<object, number>();
    await expect(executor.mapReduce(square, [1], (xs: number[]) => secret.get(xs))).rejects.toMatchObject({
      code: 'CANNOT_SHIP',
    });
    expect(backend.jobs).toEqual([]);
    await expect(executor.mapReduce(square, [1], sum, { reduceOptions: { memory: 'huge' } })).rejects.toMatchObject({
      code: 'USAGE',
    });
  });

  it('fails when reduceBy throws', async () => {
    const { executor } = setUp();
    const reduceBy = (): string => {
      throw new Error('no key');
    };
    for (const items of [[1, 2], new Set([1, 2]).values()]) {
      await expect(executor.mapReduce(square, items, sum, { reduceBy })).rejects.toMatchObject({
        code: 'THREW',
        message: expect.stringContaining('no key'),
      });
    }
  });

  it('is collected as one value, and can be cancelled', async () => {
    const { executor } = setUp();
    void executor.mapReduce(square, [1, 2], sum);
    expect(await executor.getResult()).toBe(5);
    expect(executor.jobs()).toEqual([]);
    const stuck = setUp(() => new Promise(() => undefined));
    const reduction = stuck.executor.mapReduce(square, [1, 2], sum);
    await expect.poll(() => stuck.backend.running).toBe(2);
    reduction.cancel('enough');
    await expect(reduction).rejects.toMatchObject({ code: 'CANCELLED' });
    await stuck.executor.close();
  });

  describe('with a fan-in', () => {
    const join = (texts: string[]) => texts.join('');
    const letters = [...'abcdefghijklmnopqrstuvwxyz'];

    it('reduces neighbours in batches, and what comes of them again, in input order', async () => {
      const { executor, backend } = setUp();
      for (const items of [letters, letters.slice(0, 3), ['a'], []]) {
        const reduced = executor.mapReduce((x: string) => x, items.values(), join, { fanIn: 3 });
        expect(await reduced).toBe(items.join(''));
      }
      const sizes = backend.taken.flatMap(({ item }) => (Array.isArray(item) ? [item.length] : []));
      expect(Math.max(...sizes)).toBe(3);
      expect(sizes.length).toBeGreaterThan(12);
      expect(await executor.mapReduce((x: string) => x, letters, join, { fanIn: 3 })).toBe(letters.join(''));
    });

    it('reduces a batch when its values are there, before other maps are', async () => {
      const gate = new Promised<void>();
      const { executor, backend } = setUp(
        scripted(({ item }) => (item === 'a' ? gate.promise.then(() => item) : item)),
      );
      const reduction = executor.mapReduce((x: string) => x, ['a', 'b', 'c', 'd'], join, { fanIn: 2 });
      const reduces = () => backend.taken.filter(task => Array.isArray(task.item)).map(task => task.item);
      await expect.poll(reduces).toEqual([['c', 'd']]);
      gate.resolve();
      expect(await reduction).toEqual([
        ['a', 'b'],
        ['c', 'd'],
      ]);
    });

    it('reduces each key by itself', async () => {
      const { executor } = setUp();
      const reduceBy = (x: string) => (x < 'n' ? 'low' : 'high');
      for (const items of [letters, letters.values()]) {
        const byKey = await executor.mapReduce((x: string) => x, items, join, { fanIn: 4, reduceBy });
        expect([...byKey]).toEqual([
          ['low', 'abcdefghijklm'],
          ['high', 'nopqrstuvwxyz'],
        ]);
      }
    });

    it('tries again, fails and is cancelled as without', async () => {
      const failures = new Set<number>();
      const flaky = setUp(task => {
        if (!Array.isArray(task.item)) return task.item;
        if (!failures.has(task.index) && failures.add(task.index)) throw new Error('once');
        return task.item.join('');
      });
      const options = { fanIn: 3, reduceOptions: { retries: { retries: 1, backoff: 0 } } };
      expect(await flaky.executor.mapReduce((x: string) => x, letters, join, options)).toBe(letters.join(''));
      const failing = setUp(task => {
        if (Array.isArray(task.item)) throw new Error('no');
        return task.item;
      });
      const failed = failing.executor.mapReduce((x: string) => x, letters, join, { fanIn: 3 });
      await expect(failed).rejects.toMatchObject({ code: 'THREW' });
      const stuck = setUp(() => new Promise(() => undefined));
      const reduction = stuck.executor.mapReduce((x: string) => x, letters, join, { fanIn: 3 });
      await expect.poll(() => stuck.backend.running).toBe(4);
      reduction.cancel('enough');
      await expect(reduction).rejects.toMatchObject({ code: 'CANCELLED' });
      await Promise.all([flaky, failing, stuck].map(({ executor }) => executor.close()));
    });

    it('is collected like any other, and must be at least 2', async () => {
      const { executor } = setUp();
      void executor.mapReduce((x: string) => x, letters, join, { fanIn: 5 });
      expect(await executor.getResult()).toBe(letters.join(''));
      await expect(executor.mapReduce(square, [1], sum, { fanIn: 1 })).rejects.toMatchObject({ code: 'USAGE' });
    });
  });
});
