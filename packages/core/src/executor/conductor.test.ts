import { describe, expect, it } from 'vitest';
import { Promised } from './promised.js';
import { count, double, executorOf, forever } from './testing/executor-of.js';

describe('retries', () => {
  it('tries only the failed task again, while its neighbours go on', async () => {
    const tries = [0, 0, 0];
    const { map } = executorOf(({ index }) => {
      tries[index]! += 1;
      if (index === 1 && tries[1]! < 3) throw new Error(`no ${tries[1]}`);
      return index;
    });
    const job = map([0, 0, 0], { retries: { retries: 2, backoff: 1 } });
    expect(await job).toEqual([0, 1, 2]);
    expect(tries).toEqual([1, 3, 1]);
    expect(job.future(1).attempts).toMatchObject([
      { attempt: 1, failure: { code: 'THREW', message: 'Error: no 1' } },
      { attempt: 2, failure: { message: 'Error: no 2' } },
      { attempt: 3, stats: { attempt: 3 } },
    ]);
    expect(job.future(0).attempts).toHaveLength(1);
  });

  it('retries at once, not in rounds: the neighbour still runs', async () => {
    const gate = new Promised<void>();
    const { map } = executorOf(async ({ index, attempt }) => {
      if (index === 0) return gate.promise;
      if (attempt === 1) throw new Error('no');
      gate.resolve();
      return attempt;
    });
    expect(await map([0, 1], { retries: { retries: 1, backoff: 0 } })).toEqual([undefined, 2]);
  });

  it('gives up after the last try, with exact counts', async () => {
    let tries = 0;
    const { map } = executorOf(() => {
      tries += 1;
      throw new Error('never');
    });
    await expect(map([0], { retries: { retries: 2, backoff: 0 } })).rejects.toMatchObject({ details: { attempt: 3 } });
    expect(tries).toBe(3);
  });

  it('gives the retried task its own item again, from a lazy input too', async () => {
    const { map } = executorOf(({ item, attempt }) => {
      if (attempt === 1) throw new Error('no');
      return item;
    });
    const items = (function* () {
      for (let i = 0; i < 20; i++) yield { i };
    })();
    expect(await map(items, { retries: { retries: 1, backoff: 0 } })).toEqual(
      Array.from({ length: 20 }, (_, i) => ({ i })),
    );
  });

  it('fails the job when its predicate throws', async () => {
    const { map } = executorOf(() => {
      throw new Error('no');
    });
    const when = () => {
      throw new Error('bad predicate');
    };
    await expect(map([0], { retries: { retries: 1, when } })).rejects.toMatchObject({
      message: expect.stringContaining('bad predicate'),
    });
  });
});

describe('cancelling', () => {
  it('ends what runs, what waits to retry and what was not sent', async () => {
    const { map, backend } = executorOf(
      ({ index, attempt }) => {
        if (index === 0 && attempt === 1) throw new Error('no');
        return new Promise(() => undefined);
      },
      { slots: 2 },
    );
    const job = map([0, 1, 2, 3, 4], { retries: { retries: 1, backoff: '1h', when: () => true } });
    await expect.poll(() => backend.running).toBe(2);
    job.cancel('enough');
    expect(await job.ended()).toMatchObject({ total: 5, cancelled: 5, running: 0 });
    expect(job.state).toBe('cancelled');
    await expect(job).rejects.toMatchObject({
      code: 'CANCELLED',
      exitCode: 130,
      message: expect.stringContaining('enough'),
    });
    expect(backend.taken).toHaveLength(3);
  });

  it('of one future leaves the others alone, wherever that task is', async () => {
    const gate = new Promised<void>();
    const { map, backend } = executorOf(async ({ index }) => gate.promise.then(() => index), { slots: 1 });
    const job = map([0, 1, 2]);
    await expect.poll(() => backend.running).toBe(1);
    job.future(0).cancel('not needed');
    job.future(2).cancel();
    gate.resolve();
    expect(await job.future(1)).toBe(1);
    await expect(job.future(0)).rejects.toMatchObject({
      code: 'CANCELLED',
      message: 'task 0 of "x": cancelled: not needed',
    });
    await expect(job.future(2)).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await job.ended()).toMatchObject({ done: 1, cancelled: 2 });
    expect(backend.taken.map(task => task.index)).toEqual([0, 1]);
  });

  it('of a future that a lazy input has yet to reach waits for it', async () => {
    const { map } = executorOf(double);
    const job = map(count(5));
    job.future(4).cancel();
    expect(await job.ended()).toMatchObject({ total: 5, done: 4, cancelled: 1 });
  });

  it('of one job never touches another', async () => {
    const gate = new Promised<void>();
    const { map, backend } = executorOf(async ({ index }) => gate.promise.then(() => index));
    const [a, b] = [map([0, 0]), map([0, 0])];
    await expect.poll(() => backend.running).toBe(4);
    a.cancel();
    await a.ended();
    gate.resolve();
    expect(await b).toEqual([0, 1]);
  });

  it('follows a signal, before the call and after it', async () => {
    const { map, backend } = executorOf(forever);
    const early = map([1], { signal: AbortSignal.abort() });
    await expect(early).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(backend.jobs).toEqual([]);
    const controller = new AbortController();
    const late = map([1, 2], { signal: controller.signal });
    await expect.poll(() => backend.running).toBe(2);
    controller.abort(new Error('user left'));
    await expect(late).rejects.toMatchObject({ code: 'CANCELLED', message: expect.stringContaining('user left') });
    expect((await late.ended()).cancelled).toBe(2);
  });

  it('by one signal for many jobs makes no warning', async () => {
    const warnings: Error[] = [];
    const listen = (warning: Error) => warnings.push(warning);
    process.on('warning', listen);
    const controller = new AbortController();
    const { map } = executorOf(forever);
    const jobs = Array.from({ length: 20 }, () => map([1], { signal: controller.signal }));
    controller.abort('all');
    await Promise.all(jobs.map(job => job.ended()));
    await new Promise(resolve => setImmediate(resolve));
    process.off('warning', listen);
    expect(warnings).toEqual([]);
    expect(jobs.every(job => job.state === 'cancelled')).toBe(true);
  });

  it('does not retry what fails while it is cancelled', async () => {
    const { map, backend } = executorOf(forever);
    const job = map([1], { retries: { retries: 5, backoff: 0, when: () => true } });
    await expect.poll(() => backend.running).toBe(1);
    job.cancel();
    await job.ended();
    expect(backend.taken).toHaveLength(1);
  });

  it('happens to the others after a failure where the job says stop', async () => {
    const { map, backend } = executorOf(
      ({ index }) => {
        if (index === 1) throw new Error('no');
        return index === 0 ? 'zero' : new Promise(() => undefined);
      },
      { slots: 3 },
    );
    const job = map(count(100), { onFailure: 'stop' });
    await expect(job).rejects.toMatchObject({ code: 'THREW' });
    expect(await job.ended()).toMatchObject({ done: 1, failed: 1 });
    expect(job.state).toBe('failed');
    expect(backend.taken.length).toBeLessThan(5);
  });
});
