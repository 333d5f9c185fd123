import { describe, expect, it } from 'vitest';
import { Promised } from './promised.js';
import { count, double, executorOf } from './testing/executor-of.js';
import { wait } from './wait.js';

describe('a lazy input', () => {
  it('is not read on when nobody takes the results', async () => {
    let read = 0;
    const { map } = executorOf(double, { slots: 100 });
    const items = (function* () {
      for (; ; read++) yield read;
    })();
    const job = map(items);
    await expect.poll(() => job.counts.done).toBeGreaterThanOrEqual(10_000);
    await new Promise(resolve => setImmediate(resolve));
    expect(read).toBeLessThan(10_200);
    job.cancel();
    expect((await job.ended()).done).toBeLessThan(10_200);
    expect(job.state).toBe('cancelled');
    await expect(job).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it.each([
    ['awaited', (job: PromiseLike<unknown[]>) => job],
    ['waited for', (job: never) => wait(job)],
    ['looked at one future of', (job: { future(index: number): unknown }) => job.future(29_999)],
    ['awaited to its end', (job: { ended(): unknown }) => job.ended()],
  ])('is read to its end when it is %s', async (_, attend) => {
    const { map } = executorOf(double, { slots: 100 });
    const job = map(count(30_000));
    await expect.poll(() => job.counts.done).toBeGreaterThanOrEqual(10_000);
    await attend(job as never);
    expect((await job.ended()).done).toBe(30_000);
    expect(await job).toHaveLength(30_000);
  });

  it('keeps nothing of what a loop took', async () => {
    const { map } = executorOf(double, { slots: 100 });
    const job = map(count(9_000));
    let sum = 0;
    for await (const value of job) sum += value as unknown as number;
    expect(sum).toBe(9_000 * 8_999);
    await expect(job).rejects.toMatchObject({ code: 'USAGE', message: expect.stringContaining('already taken') });
    await expect(job.future(5)).rejects.toMatchObject({ code: 'USAGE' });
    expect(job.future(5).state).toBe('done');
  });

  it('keeps what somebody asked for before the loop, and what the loop looks at', async () => {
    const { map } = executorOf(({ log, index }) => {
      log(`log ${index}`);
      return index;
    });
    const job = map(count(10));
    const held = job.future(3);
    const logs: string[] = [];
    for await (const outcome of job.outcomes()) logs.push(job.future(outcome.index).logs.stdout);
    expect(await held).toBe(3);
    expect(logs.sort()).toEqual(Array.from({ length: 10 }, (_, i) => `log ${i}`));
  });

  it('that throws fails the job with the cause, after the tasks it gave have ended', async () => {
    const gate = new Promised<void>();
    const { map, backend } = executorOf(async ({ index }) => {
      await gate.promise;
      return index;
    });
    const items = (function* () {
      yield 1;
      yield 2;
      throw new RangeError('bad row');
    })();
    const job = map(items, { name: 'load' });
    await expect.poll(() => backend.running).toBe(2);
    expect(job.state).toBe('running');
    const second = job.future(1);
    gate.resolve();
    await expect(job).rejects.toMatchObject({
      code: 'THREW',
      message: 'the input of "load" threw RangeError: bad row after 2 items',
      cause: new RangeError('bad row'),
    });
    expect(await second).toBe(1);
    expect(job.state).toBe('failed');
  });
});
