import { describe, expect, it } from 'vitest';
import { getResult } from './collect.js';
import { Promised } from './promised.js';
import { count, double, executorOf } from './testing/executor-of.js';

describe('getResult', () => {
  it('gives all that nobody asked for yet, and then only what is new', async () => {
    const { map, executor } = executorOf(double);
    void map([1, 2]);
    void map(count(2));
    expect(await executor.getResult()).toEqual([2, 4, 0, 2]);
    expect(await executor.getResult()).toEqual([]);
    const kept = map([1]);
    void map([5]);
    expect(await getResult(kept)).toEqual([2]);
    expect(await executor.getResult()).toEqual([10]);
    expect(executor.jobs()).toEqual([]);
  });

  it('unwraps a single call', async () => {
    const { executor } = executorOf(() => 'Hello World!');
    void executor.run(['x']);
    expect(await executor.getResult()).toBe('Hello World!');
    await executor.run(['x']);
    await expect.poll(() => executor.jobs().length).toBe(0);
    expect(await executor.getResult()).toEqual([]);
    void executor.run(['x']);
    void executor.run(['x']);
    expect(await executor.getResult()).toEqual(['Hello World!', 'Hello World!']);
  });

  it('gives a list for a job, a value for a future, one list for several', async () => {
    const { map } = executorOf(double);
    const [a, b] = [map([1, 2]), map([3])];
    expect(await getResult(a)).toEqual([2, 4]);
    expect(await getResult(a.future(1))).toBe(4);
    expect(await getResult([a, b.future(0)])).toEqual([2, 4, 6]);
  });

  it('throws the first failure at once, and leaves the other jobs to the next call', async () => {
    const gate = new Promised<void>();
    const { map, executor } = executorOf(({ item }) => {
      if (item === 'bad') throw new Error('no');
      return gate.promise.then(() => item);
    });
    void map(['good']);
    void map(['bad']);
    await expect(executor.getResult()).rejects.toMatchObject({ code: 'THREW' });
    gate.resolve();
    expect(await executor.getResult()).toEqual(['good']);
  });

  it('that times out leaves the results for another time', async () => {
    const gate = new Promised<void>();
    const { map, executor } = executorOf(() => gate.promise.then(() => 1));
    void map([0]);
    await expect(executor.getResult(undefined, { timeout: 1 })).rejects.toMatchObject({ code: 'WAIT_TIMED_OUT' });
    gate.resolve();
    expect(await executor.getResult()).toEqual([1]);
  });
});
