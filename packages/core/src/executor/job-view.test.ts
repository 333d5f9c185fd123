import { isMegalithError } from '@megalith/agent';
import { describe, expect, it, vi } from 'vitest';
import { FunctionExecutor } from './function-executor.js';
import { Promised } from './promised.js';
import { count, double, executorOf, forever } from './testing/executor-of.js';
import { createFakeBackend, FakeFailure } from './testing/fake-backend.js';
import type { JobEvent } from './types.js';

describe('a job', () => {
  it.each([
    ['an array', [1, 2, 3]],
    ['a set', new Set([1, 2, 3])],
    [
      'a generator',
      (function* () {
        yield* [1, 2, 3];
      })(),
    ],
    [
      'an async generator',
      (async function* () {
        yield* [1, 2, 3];
      })(),
    ],
    ['promises', [Promise.resolve(1), 2, Promise.resolve(3)]],
  ])('takes %s and gives values in input order', async (_, items) => {
    const { map } = executorOf(double);
    expect(await map(items)).toEqual([2, 4, 6]);
  });

  it('can be the items of another', async () => {
    const { map } = executorOf(double);
    expect(await map(map([1, 2, 3]))).toEqual([4, 8, 12]);
    expect(await map(map(count(3)))).toEqual([0, 4, 8]);
    expect(await map([...map([1, 2])])).toEqual([4, 8]);
    const failing = executorOf(() => {
      throw new Error('upstream');
    }).map([1]);
    await expect(map(failing)).rejects.toMatchObject({ code: 'THREW', message: expect.stringContaining('upstream') });
  });

  it('gives nothing for nothing', async () => {
    const { map } = executorOf(double);
    const job = map([]);
    expect(await job).toEqual([]);
    expect(job.state).toBe('done');
    expect(await map(count(0))).toEqual([]);
  });

  it('never has more tasks out than the backend takes', async () => {
    const { map, backend } = executorOf(async task => double(task), { slots: 1 });
    expect(await map([1, 2, 3])).toEqual([2, 4, 6]);
    expect(backend.mostRunning).toBe(1);
  });

  it('yields values in the order of completion', async () => {
    const gates = [new Promised<void>(), new Promised<void>(), new Promised<void>()];
    const { map } = executorOf(async ({ index }) => gates[index]!.promise.then(() => index));
    const seen: unknown[] = [];
    gates[1]!.resolve();
    for await (const value of map([0, 0, 0])) {
      seen.push(value);
      gates[seen.length === 1 ? 2 : 0]!.resolve();
    }
    expect(seen).toEqual([1, 2, 0]);
  });

  it('has futures that can be awaited one by one or together', async () => {
    const { map } = executorOf(double);
    const job = map([1, 2, 3]);
    expect(await job.future(1)).toBe(4);
    expect(await Promise.all(job)).toEqual([2, 4, 6]);
    expect([...job].map(future => future.index)).toEqual([0, 1, 2]);
    expect(job.future(0)).toBe(job.future(0));
    expect(job.future(0).job).toBe(job);
    expect(() => job.future(3)).toThrowError(expect.objectContaining({ code: 'NOT_FOUND' }));
  });

  it('does not pretend to know how many futures a lazy input has', async () => {
    const { map } = executorOf(double);
    const job = map(count(3));
    expect(() => [...job]).toThrowError(expect.objectContaining({ code: 'USAGE' }));
    expect(await job.future(2)).toBe(4);
    await job.ended();
    expect([...job]).toHaveLength(3);
  });

  it('rejects the future of an index that its input never reached', async () => {
    const { map } = executorOf(double);
    await expect(map(count(3)).future(7)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('names the task and keeps the cause when a task throws', async () => {
    const boom = new TypeError('x is not a function');
    const { map } = executorOf(({ index }) => {
      if (index === 1) throw boom;
      return index;
    });
    const job = map([0, 1, 2], { name: 'resize' });
    const error = await job.catch(caught => caught);
    expect(error).toMatchObject({
      code: 'THREW',
      message: 'task 1 of "resize" threw TypeError: x is not a function',
      details: { job: job.id, index: 1, attempt: 1, where: 'fake-machine' },
      cause: expect.any(TypeError),
    });
    await job.ended();
    expect(job.state).toBe('failed');
    expect(job.counts).toEqual({ total: 3, complete: true, done: 2, failed: 1, cancelled: 0, running: 0 });
    expect(await job.future(2)).toBe(2);
    expect(job.future(1).attempts).toMatchObject([{ attempt: 1, failure: { code: 'THREW' } }]);
  });

  it('gives every outcome, failures included', async () => {
    const { map } = executorOf(({ index }) => {
      if (index === 1)
        throw new FakeFailure({
          code: 'CRASHED',
          message: 'killed by SIGSEGV',
          signal: 'SIGSEGV',
          hint: 'look at the core',
        });
      return index;
    });
    const outcomes = [];
    for await (const outcome of map([0, 0, 0], { name: 'f' }).outcomes()) outcomes.push(outcome);
    expect(outcomes.sort((a, b) => a.index - b.index)).toMatchObject([
      {
        index: 0,
        status: 'done',
        value: 0,
        stats: { machine: 'fake-machine', attempt: 1, bytesIn: 8, coldStart: true },
      },
      {
        index: 1,
        status: 'failed',
        error: {
          code: 'CRASHED',
          message: 'task 1 of "f": killed by SIGSEGV',
          hint: 'look at the core',
          details: { signal: 'SIGSEGV' },
        },
      },
      { index: 2, status: 'done', value: 2, stats: { coldStart: false } },
    ]);
  });

  it('throws in the loop at the failure, and another loop goes on behind it', async () => {
    const { map } = executorOf(
      ({ index }) => {
        if (index === 1) throw new Error('no');
        return index;
      },
      { slots: 1 },
    );
    const job = map([0, 0, 0]);
    const seen: unknown[] = [];
    const loop = async () => {
      for await (const value of job) seen.push(value);
    };
    await expect(loop()).rejects.toMatchObject({ code: 'THREW' });
    expect(seen).toEqual([0]);
    await loop();
    expect(seen).toEqual([0, 2]);
  });

  it('has true stats for each task', async () => {
    const { map } = executorOf(double);
    const job = map([1]);
    const before = performance.timeOrigin + performance.now();
    await job;
    const stats = job.future(0).stats!;
    expect(stats).toMatchObject({
      inputMs: 0.25,
      outputMs: 0.5,
      cpuUserMs: 1.5,
      bytesOut: 16,
      slot: 1,
      machine: 'fake-machine',
    });
    expect(stats.execMs).toBeCloseTo(2, 6);
    expect(stats.submittedAt).toBeGreaterThanOrEqual(before - 1000);
    expect(stats.receivedAt).toBeGreaterThanOrEqual(stats.submittedAt);
    expect(stats).not.toHaveProperty('peakMemoryBytes');
    expect(stats).not.toHaveProperty('cpuSystemMs');
  });

  it('keeps what tasks wrote', async () => {
    const { map } = executorOf(({ log, index }) => log(`hello from ${index}\n`));
    const job = map([0, 0]);
    await job;
    expect(job.future(1).logs).toEqual({ stdout: 'hello from 1\n', stderr: '', truncated: false });
  });

  it('tells its events in order', async () => {
    const mine: JobEvent[] = [];
    const all: JobEvent[] = [];
    const { map } = executorOf(
      ({ attempt, log }) => {
        log('x');
        if (attempt === 1) throw new Error('no');
        return 7;
      },
      { onEvent: event => all.push(event) },
    );
    const job = map([0], { retries: { retries: 1, backoff: 0 }, onEvent: (event: JobEvent) => mine.push(event) });
    await job;
    await job.ended();
    expect(mine.map(event => event.type)).toEqual([
      'planned',
      'queued',
      'started',
      'log',
      'retrying',
      'started',
      'log',
      'done',
      'ended',
    ]);
    expect(all).toEqual(mine);
    expect(mine.every(event => event.job === job.id)).toBe(true);
    expect(mine.at(-2)).toMatchObject({ index: 0, value: 7, stats: { attempt: 2 } });
  });

  it('survives a listener that throws', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const { map } = executorOf(double);
    const onEvent = () => {
      throw new Error('listener');
    };
    expect(await map([1], { onEvent })).toEqual([2]);
    expect(warned).toHaveBeenCalled();
    warned.mockRestore();
  });

  it('that nobody awaits does not crash the process, and still fails when awaited later', async () => {
    const unhandled: unknown[] = [];
    const listen = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', listen);
    const { map, executor } = executorOf(() => {
      throw new Error('silent');
    });
    const job = map([1, 2]);
    const reduction = executor.mapReduce(
      (x: number) => x,
      [1],
      (xs: number[]) => xs.length,
    );
    await expect.poll(() => [job.state, reduction.job.state]).toEqual(['failed', 'failed']);
    await new Promise(resolve => setImmediate(resolve));
    expect(unhandled).toEqual([]);
    process.off('unhandledRejection', listen);
    await expect(job).rejects.toMatchObject({ code: 'THREW' });
    await expect(job.future(1)).rejects.toMatchObject({ code: 'THREW' });
  });

  it('fails as a whole with the error of its backend', async () => {
    const { map, backend } = executorOf(forever);
    const job = map([1, 2, 3]);
    await expect.poll(() => backend.running).toBe(3);
    const future = job.future(0).catch(error => error);
    backend.breakDown(new Error('wire cut'));
    await expect(job.ended()).rejects.toMatchObject({
      code: 'AGENT_LOST',
      message: expect.stringContaining('wire cut'),
    });
    await expect(job).rejects.toMatchObject({ code: 'AGENT_LOST' });
    expect(isMegalithError(await future)).toBe(true);
    expect(job.counts).toMatchObject({ failed: 3, running: 0 });
  });

  it('has no placement where every candidate is rejected', async () => {
    const backend = createFakeBackend(double, {
      rejected: { reason: 'OVER_MEMORY', explanation: 'asks for 1TiB of 1GiB' },
    });
    const executor = new FunctionExecutor({ backend });
    const job = executor.command('x', [1], { name: 'big', memory: '1TiB' });
    await expect(job).rejects.toMatchObject({
      code: 'NO_PLACEMENT',
      exitCode: 3,
      message: expect.stringContaining('OVER_MEMORY'),
    });
    expect((await executor.plan({ memory: '1TiB' })).chosen).toBeUndefined();
  });
});
