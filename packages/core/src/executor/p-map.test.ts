import { describe, expect, it } from 'vitest';
import { FunctionExecutor } from './function-executor.js';
import { pMap } from './p-map.js';
import { pMapSkip } from './p-map-skip.js';
import { createFakeBackend, runShipped } from './testing/fake-backend.js';

function setUp(slots = 8) {
  const backend = createFakeBackend(runShipped(), { slots });
  return { backend, executor: new FunctionExecutor({ backend }) };
}

describe('pMap', () => {
  it('calls the mapper with item and index, and gives values in input order', async () => {
    const { executor } = setUp();
    expect(await pMap(['a', 'b'], async (item, index) => `${item}${index}`, { executor })).toEqual(['a0', 'b1']);
    expect(await pMap(new Set([1, 2]), x => [x], { executor })).toEqual([[1], [2]]);
    expect(await pMap([Promise.resolve(1), 2], x => x + 1, { executor })).toEqual([2, 3]);
    expect(await pMap([], x => x, { executor })).toEqual([]);
  });

  it('takes async iterables', async () => {
    const { executor } = setUp();
    const items = (async function* () {
      yield* [1, 2, 3];
    })();
    expect(await pMap(items, x => x * 2, { executor, concurrency: 2 })).toEqual([2, 4, 6]);
  });

  it('leaves out what is skipped, but not undefined', async () => {
    const { executor } = setUp();
    expect(await pMap([1, 2, 3], x => (x === 2 ? pMapSkip : x === 3 ? undefined : x), { executor })).toEqual([
      1,
      undefined,
    ]);
    expect(await pMap([1, 2], async x => (x === 2 ? pMapSkip : x), { executor, stopOnError: false })).toEqual([1]);
  });

  it('has no more mappers at once than it was told', async () => {
    const { executor, backend } = setUp();
    await pMap([1, 2, 3, 4, 5, 6], async x => x, { executor, concurrency: 3 });
    expect(backend.mostRunning).toBe(3);
    await expect(pMap([1], x => x, { executor, concurrency: 0 })).rejects.toThrow('"concurrency"');
  });

  it('rejects with the original error, and starts no more', async () => {
    const { executor, backend } = setUp(1);
    const failing = pMap(
      [1, 2, 3, 4, 5, 6],
      x => {
        if (x === 2) throw new RangeError('two');
        return x;
      },
      { executor },
    );
    await expect(failing).rejects.toEqual(new RangeError('two'));
    expect(backend.taken.length).toBeLessThanOrEqual(3);
  });

  it('gives all errors together where it does not stop', async () => {
    const { executor, backend } = setUp();
    const failing = pMap(
      [1, 2, 3],
      x => {
        if (x !== 2) throw new Error(`no ${x}`);
      },
      { executor, stopOnError: false },
    );
    const error = await failing.catch(caught => caught);
    expect(error).toBeInstanceOf(AggregateError);
    expect(error.errors.map(String).sort()).toEqual(['Error: no 1', 'Error: no 3']);
    expect(backend.taken).toHaveLength(3);
  });

  it('rejects with what its input threw', async () => {
    const { executor } = setUp();
    const items = (function* () {
      yield 1;
      throw new Error('bad input');
    })();
    await expect(pMap(items, x => x, { executor })).rejects.toEqual(new Error('bad input'));
  });

  it('rejects with the reason of its signal', async () => {
    const { executor, backend } = setUp();
    const controller = new AbortController();
    const mapping = pMap([1], () => new Promise(() => undefined), { executor, signal: controller.signal });
    await expect.poll(() => backend.running).toBe(1);
    controller.abort(new Error('enough'));
    await expect(mapping).rejects.toEqual(new Error('enough'));
    await expect(pMap([1], x => x, { executor, signal: controller.signal })).rejects.toEqual(new Error('enough'));
  });

  it('refuses what is no mapper', async () => {
    await expect(pMap([1], 'x' as never)).rejects.toBeInstanceOf(TypeError);
  });
});
