import { describe, expect, it } from 'vitest';
import { Pool } from './pool.js';
import { Promised } from './promised.js';
import { createFakeBackend, type FakeTask, runShipped } from './testing/fake-backend.js';

const square = (x: number) => x * x;
const add = (a: number, b: number) => a + b;

function setUp(script: FakeTask = runShipped()) {
  const backend = createFakeBackend(script);
  return { backend, pool: new Pool(undefined, { backend }) };
}

async function listOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

describe('a pool', () => {
  it('maps, spreads arguments, and applies', async () => {
    const { pool } = setUp();
    expect(await pool.map(square, [1, 2, 3])).toEqual([1, 4, 9]);
    expect(
      await pool.starmap(add, [
        [1, 2],
        [3, 4],
      ]),
    ).toEqual([3, 7]);
    expect(await pool.apply(add, [5, 6])).toBe(11);
    expect(await pool.apply(() => 'none', [])).toBe('none');
  });

  it('gives functions their arguments and nothing else', async () => {
    const { pool } = setUp();
    const count = (...args: unknown[]) => args.length;
    expect(await pool.map(count, [1])).toEqual([1]);
    expect(await pool.starmap(count, [[], [1, 2, 3]])).toEqual([0, 3]);
  });

  it('has asynchronous forms that give jobs and futures', async () => {
    const { pool } = setUp();
    const job = pool.mapAsync(square, [1, 2]);
    expect(job.name).toBe('square');
    expect(await job).toEqual([1, 4]);
    expect(await pool.starmapAsync(add, [[1, 2]])).toEqual([3]);
    const future = pool.applyAsync(add, [1, 2]);
    expect(await future).toBe(3);
    expect(future.state).toBe('done');
  });

  it('iterates in input order or in the order of completion', async () => {
    const gates = [new Promised<void>(), new Promised<void>()];
    const { pool } = setUp(({ index }) => gates[index]!.promise.then(() => index));
    const unordered = pool.imapUnordered(square, [0, 0])[Symbol.asyncIterator]();
    const ordered = listOf(pool.imap(square, new Set([1, 2]).values()));
    gates[1]!.resolve();
    expect(await unordered.next()).toMatchObject({ value: 1 });
    gates[0]!.resolve();
    expect(await unordered.next()).toMatchObject({ value: 0 });
    expect(await ordered).toEqual([0, 1]);
  });

  it('rejects with what the function threw', async () => {
    const { pool } = setUp();
    const fail = () => {
      throw new RangeError('no');
    };
    await expect(pool.map(fail, [1])).rejects.toEqual(new RangeError('no'));
    await expect(pool.apply(fail, [])).rejects.toEqual(new RangeError('no'));
    await expect(listOf(pool.imap(fail, [1]))).rejects.toEqual(new RangeError('no'));
    await expect(pool.mapAsync(fail, [1])).rejects.toMatchObject({ code: 'THREW', cause: new RangeError('no') });
  });

  it('takes no more work when closed, and joins when the work has ended', async () => {
    const gate = new Promised<void>();
    const { pool, backend } = setUp(() => gate.promise.then(() => 'late'));
    const result = pool.map(square, [1]);
    await expect(pool.join()).rejects.toMatchObject({ code: 'USAGE' });
    pool.close();
    await expect(pool.map(square, [1])).rejects.toMatchObject({ code: 'USAGE' });
    const joined = pool.join();
    gate.resolve();
    await joined;
    expect(await result).toEqual(['late']);
    expect(backend.running).toBe(0);
  });

  it('ends its work when terminated, and at the end of its block', async () => {
    const { pool, backend } = setUp(() => new Promise(() => undefined));
    const job = pool.mapAsync(square, [1]);
    await expect.poll(() => backend.running).toBe(1);
    await pool.terminate();
    expect(job.state).toBe('cancelled');
    const inBlock = async () => {
      await using scoped = new Pool(undefined, { backend });
      return [scoped.mapAsync(square, [1])];
    };
    expect((await inBlock())[0]?.state).toBe('cancelled');
  });
});
