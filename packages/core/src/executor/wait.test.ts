import { describe, expect, it } from 'vitest';
import { Promised } from './promised.js';
import { double, executorOf } from './testing/executor-of.js';
import { wait } from './wait.js';

describe('wait', () => {
  const setUp = () => {
    const gates = Array.from({ length: 4 }, () => new Promised<void>());
    const { map, executor } = executorOf(async ({ index }) => gates[index]!.promise.then(() => index));
    return { gates, map, executor };
  };

  it('settles for any, for a percentage, and for all', async () => {
    const { gates, map } = setUp();
    const job = map([0, 0, 0, 0]);
    gates[2]!.resolve();
    const first = await wait(job, { when: 'any' });
    expect(first.done.map(future => future.index)).toEqual([2]);
    expect(first.pending.map(future => future.index)).toEqual([0, 1, 3]);
    gates[0]!.resolve();
    expect((await wait(job, { when: 50 })).done).toHaveLength(2);
    expect((await wait(job, { when: 0 })).done).toHaveLength(2);
    gates[1]!.resolve();
    gates[3]!.resolve();
    const all = await wait(job);
    expect(all.done).toHaveLength(4);
    expect(all.pending).toEqual([]);
  });

  it('knows no percentage of an input whose length it does not know', async () => {
    const gate = new Promised<void>();
    const { map } = executorOf(double);
    const items = (async function* () {
      yield* [1, 2, 3];
      await gate.promise;
      yield 4;
    })();
    const job = map(items);
    await wait(job, { when: 'any' });
    await expect(wait(job, { when: 10, timeout: 20 })).rejects.toMatchObject({ code: 'WAIT_TIMED_OUT' });
    gate.resolve();
    expect((await wait(job, { when: 100 })).done).toHaveLength(4);
  });

  it('throws when its time is up, and the job goes on', async () => {
    const { gates, map } = setUp();
    const job = map([0]);
    await expect(wait(job, { timeout: 5 })).rejects.toMatchObject({
      code: 'WAIT_TIMED_OUT',
      message: 'not there yet after 5ms',
    });
    gates[0]!.resolve();
    expect(await job).toEqual([0]);
  });

  it('ends with the reason of its signal', async () => {
    const { map } = setUp();
    const controller = new AbortController();
    const waiting = wait(map([0]), { signal: controller.signal });
    controller.abort(new Error('stop waiting'));
    await expect(waiting).rejects.toThrow('stop waiting');
  });

  it('counts failures as done', async () => {
    const { map } = executorOf(() => {
      throw new Error('no');
    });
    expect((await wait(map([0, 0]))).done).toHaveLength(2);
  });

  it('waits across executors, for jobs and futures together', async () => {
    const [a, b] = [setUp(), setUp()];
    const futures = [...a.map([0, 0])];
    const job = b.map([0]);
    a.gates[0]!.resolve();
    b.gates[0]!.resolve();
    const { done, pending } = await wait([...futures, job], { when: 60 });
    expect(done).toEqual([futures[0], job.future(0)]);
    expect(pending).toEqual([futures[1]]);
  });

  it('refuses what it cannot wait for', async () => {
    await expect(wait([Promise.resolve()] as never)).rejects.toMatchObject({ code: 'USAGE' });
    await expect(wait([], { when: 101 })).rejects.toMatchObject({ code: 'USAGE' });
  });
});
