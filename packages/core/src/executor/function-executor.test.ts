import { isMegalithError } from '@megalith/agent';
import { describe, expect, it, vi } from 'vitest';
import { FunctionExecutor } from './function-executor.js';
import { getResult } from './collect.js';
import { Promised } from './promised.js';
import { createFakeBackend, FakeFailure, type FakeTask, runShipped } from './testing/fake-backend.js';
import type { JobEvent } from './types.js';
import { wait } from './wait.js';

const double: FakeTask = ({ item }) => (item as number) * 2;

function executorOf(script: FakeTask, options: { slots?: number; onEvent?: (event: JobEvent) => void } = {}) {
  const { onEvent, ...rest } = options;
  const backend = createFakeBackend(script, rest);
  const executor = new FunctionExecutor({ backend, ...(onEvent === undefined ? {} : { onEvent }) });
  return { backend, executor, map: (items: Iterable<unknown> | AsyncIterable<unknown>, more = {}) => executor.command('x', items, more) };
}

function* count(n: number) {
  for (let i = 0; i < n; i++) yield i;
}

describe('a map of functions', () => {
  it('runs the function, and an item is always one argument', async () => {
    const { executor } = executorOf(runShipped());
    const shape = (item: unknown) => JSON.stringify(item);
    const items = [1, 'a', [1, 2], { a: 1 }, null, undefined];
    expect(await executor.map(shape, items)).toEqual(['1', '"a"', '[1,2]', '{"a":1}', 'null', undefined]);
    expect(await executor.callAsync(shape, [4, 6])).toBe('[4,6]');
    expect(await executor.callAsync((item: number, context) => [item, context.index, context.attempt], 5)).toEqual([5, 0, 1]);
  });

  it('reads captured variables at the call', async () => {
    const { executor } = executorOf(runShipped());
    let factor = 2;
    const job = executor.map((x: number) => x * factor, [1, 2]);
    factor = 100;
    expect(await job).toEqual([2, 4]);
    expect(factor).toBe(100);
  });

  it('fails all futures before anything runs when the function cannot be shipped', async () => {
    const { executor, backend } = executorOf(runShipped());
    const socket = new WeakMap();
    const job = executor.map((x: object) => socket.get(x), [{}, {}]);
    await expect(job).rejects.toMatchObject({ code: 'CANNOT_SHIP' });
    await expect(job.future(1)).rejects.toMatchObject({ code: 'CANNOT_SHIP' });
    expect(job.state).toBe('failed');
    expect(job.counts).toMatchObject({ total: 2, failed: 2 });
    expect(backend.jobs).toEqual([]);
  });

  it.each([
    [{ memory: 'much' }, '"much" is not a size'],
    [{ timeout: '90' }, '"90" is not a duration'],
    [{ retries: -1 }, '"retries"'],
    [{ cpus: 0 }, '"cpus"'],
    [{ shared: {}, isolation: 'process' as const }, '"shared" needs isolation "threads"'],
    [{ onFailure: 'explode' as never }, '"onFailure"'],
  ])('rejects with USAGE for %o', async (options, message) => {
    const { executor } = executorOf(runShipped());
    const job = executor.map((x: number) => x, [1], options);
    await expect(job).rejects.toMatchObject({ code: 'USAGE', message: expect.stringContaining(message) });
    await expect(executor.callAsync((x: number) => x, 1, options)).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('rejects with USAGE for what is no function and what are no items', async () => {
    const { executor } = executorOf(runShipped());
    await expect(executor.map('x' as never, [1])).rejects.toMatchObject({ code: 'USAGE' });
    await expect(executor.map((x: number) => x, 5 as never)).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('gives threads to tasks that share, and says what cannot be shared', async () => {
    const { executor, backend } = executorOf(runShipped());
    await executor.map((x: number) => x, [1], { shared: { table: Float64Array.of(1) } });
    expect(backend.jobs[0]).toMatchObject({ work: { isolation: 'threads', shared: [{ name: 'table', type: 'Float64Array' }] } });
    await expect(executor.map((x: number) => x, [1], { shared: { table: 'text' as never } })).rejects.toMatchObject({
      code: 'CANNOT_SHARE',
      message: expect.stringContaining('"table"'),
    });
  });
});

describe('a job', () => {
  it.each([
    ['an array', [1, 2, 3]],
    ['a set', new Set([1, 2, 3])],
    ['a generator', (function* () { yield* [1, 2, 3]; })()],
    ['an async generator', (async function* () { yield* [1, 2, 3]; })()],
    ['promises', [Promise.resolve(1), 2, Promise.resolve(3)]],
  ])('takes %s and gives values in input order', async (_, items) => {
    const { map } = executorOf(double);
    expect(await map(items)).toEqual([2, 4, 6]);
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
      if (index === 1) throw new FakeFailure({ code: 'CRASHED', message: 'killed by SIGSEGV', signal: 'SIGSEGV', hint: 'look at the core' });
      return index;
    });
    const outcomes = [];
    for await (const outcome of map([0, 0, 0], { name: 'f' }).outcomes()) outcomes.push(outcome);
    expect(outcomes.sort((a, b) => a.index - b.index)).toMatchObject([
      { index: 0, status: 'done', value: 0, stats: { machine: 'fake-machine', attempt: 1, bytesIn: 8, coldStart: true } },
      {
        index: 1,
        status: 'failed',
        error: { code: 'CRASHED', message: 'task 1 of "f": killed by SIGSEGV', hint: 'look at the core', details: { signal: 'SIGSEGV' } },
      },
      { index: 2, status: 'done', value: 2, stats: { coldStart: false } },
    ]);
  });

  it('throws in the loop at the failure, and another loop goes on behind it', async () => {
    const { map } = executorOf(({ index }) => {
      if (index === 1) throw new Error('no');
      return index;
    }, { slots: 1 });
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
    expect(stats).toMatchObject({ inputMs: 0.25, outputMs: 0.5, cpuUserMs: 1.5, bytesOut: 16, slot: 1, machine: 'fake-machine' });
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
    const { map } = executorOf(({ attempt, log }) => {
      log('x');
      if (attempt === 1) throw new Error('no');
      return 7;
    }, { onEvent: event => all.push(event) });
    const job = map([0], { retries: { retries: 1, backoff: 0 }, onEvent: (event: JobEvent) => mine.push(event) });
    await job;
    await job.ended();
    expect(mine.map(event => event.type)).toEqual([
      'planned', 'queued', 'started', 'log', 'retrying', 'started', 'log', 'done', 'ended',
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
    const reduction = executor.mapReduce((x: number) => x, [1], (xs: number[]) => xs.length);
    await expect.poll(() => [job.state, reduction.job.state]).toEqual(['failed', 'failed']);
    await new Promise(resolve => setImmediate(resolve));
    expect(unhandled).toEqual([]);
    process.off('unhandledRejection', listen);
    await expect(job).rejects.toMatchObject({ code: 'THREW' });
    await expect(job.future(1)).rejects.toMatchObject({ code: 'THREW' });
  });

  it('fails as a whole with the error of its backend', async () => {
    const { map, backend } = executorOf(() => new Promise(() => undefined));
    const job = map([1, 2, 3]);
    await expect.poll(() => backend.running).toBe(3);
    const future = job.future(0).catch(error => error);
    backend.breakDown(new Error('wire cut'));
    await expect(job.ended()).rejects.toMatchObject({ code: 'AGENT_LOST', message: expect.stringContaining('wire cut') });
    await expect(job).rejects.toMatchObject({ code: 'AGENT_LOST' });
    expect(isMegalithError(await future)).toBe(true);
    expect(job.counts).toMatchObject({ failed: 3, running: 0 });
  });

  it('has no placement where every candidate is rejected', async () => {
    const backend = createFakeBackend(double, { rejected: { reason: 'OVER_MEMORY', explanation: 'asks for 1TiB of 1GiB' } });
    const executor = new FunctionExecutor({ backend });
    const job = executor.command('x', [1], { name: 'big', memory: '1TiB' });
    await expect(job).rejects.toMatchObject({ code: 'NO_PLACEMENT', exitCode: 3, message: expect.stringContaining('OVER_MEMORY') });
    expect((await executor.plan({ memory: '1TiB' })).chosen).toBeUndefined();
  });
});

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
    expect(await map(items, { retries: { retries: 1, backoff: 0 } })).toEqual(Array.from({ length: 20 }, (_, i) => ({ i })));
  });

  it('fails the job when its predicate throws', async () => {
    const { map } = executorOf(() => {
      throw new Error('no');
    });
    const when = () => {
      throw new Error('bad predicate');
    };
    await expect(map([0], { retries: { retries: 1, when } })).rejects.toMatchObject({ message: expect.stringContaining('bad predicate') });
  });
});

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

describe('cancelling', () => {
  it('ends what runs, what waits to retry and what was not sent', async () => {
    const { map, backend } = executorOf(({ index, attempt }) => {
      if (index === 0 && attempt === 1) throw new Error('no');
      return new Promise(() => undefined);
    }, { slots: 2 });
    const job = map([0, 1, 2, 3, 4], { retries: { retries: 1, backoff: '1h', when: () => true } });
    await expect.poll(() => backend.running).toBe(2);
    job.cancel('enough');
    expect(await job.ended()).toMatchObject({ total: 5, cancelled: 5, running: 0 });
    expect(job.state).toBe('cancelled');
    await expect(job).rejects.toMatchObject({ code: 'CANCELLED', exitCode: 130, message: expect.stringContaining('enough') });
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
    await expect(job.future(0)).rejects.toMatchObject({ code: 'CANCELLED', message: 'task 0 of "x": cancelled: not needed' });
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
    const { map, backend } = executorOf(() => new Promise(() => undefined));
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

  it('does not retry what fails while it is cancelled', async () => {
    const { map, backend } = executorOf(() => new Promise(() => undefined));
    const job = map([1], { retries: { retries: 5, backoff: 0, when: () => true } });
    await expect.poll(() => backend.running).toBe(1);
    job.cancel();
    await job.ended();
    expect(backend.taken).toHaveLength(1);
  });

  it('happens to the others after a failure where the job says stop', async () => {
    const { map, backend } = executorOf(({ index }) => {
      if (index === 1) throw new Error('no');
      return index === 0 ? 'zero' : new Promise(() => undefined);
    }, { slots: 3 });
    const job = map(count(100), { onFailure: 'stop' });
    await expect(job).rejects.toMatchObject({ code: 'THREW' });
    expect(await job.ended()).toMatchObject({ done: 1, failed: 1 });
    expect(job.state).toBe('failed');
    expect(backend.taken.length).toBeLessThan(5);
  });
});

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

  it('throws when its time is up, and the job goes on', async () => {
    const { gates, map } = setUp();
    const job = map([0]);
    await expect(wait(job, { timeout: 5 })).rejects.toMatchObject({ code: 'WAIT_TIMED_OUT', message: 'not there yet after 5ms' });
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

describe('getResult', () => {
  it('gives all that nobody asked for yet, and then only what is new', async () => {
    const { map, executor } = executorOf(double);
    map([1, 2]);
    map(count(2));
    expect(await executor.getResult()).toEqual([2, 4, 0, 2]);
    expect(await executor.getResult()).toEqual([]);
    const kept = map([1]);
    map([5]);
    expect(await getResult(kept)).toEqual([2]);
    expect(await executor.getResult()).toEqual([10]);
    expect(executor.jobs()).toEqual([]);
  });

  it('unwraps a single call', async () => {
    const { executor } = executorOf(() => 'Hello World!');
    executor.run(['x']);
    expect(await executor.getResult()).toBe('Hello World!');
    await executor.run(['x']);
    await expect.poll(() => executor.jobs().length).toBe(0);
    expect(await executor.getResult()).toEqual([]);
    executor.run(['x']);
    executor.run(['x']);
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
    map(['good']);
    map(['bad']);
    await expect(executor.getResult()).rejects.toMatchObject({ code: 'THREW' });
    gate.resolve();
    expect(await executor.getResult()).toEqual(['good']);
  });

  it('that times out leaves the results for another time', async () => {
    const gate = new Promised<void>();
    const { map, executor } = executorOf(() => gate.promise.then(() => 1));
    map([0]);
    await expect(executor.getResult(undefined, { timeout: 1 })).rejects.toMatchObject({ code: 'WAIT_TIMED_OUT' });
    gate.resolve();
    expect(await executor.getResult()).toEqual([1]);
  });
});

describe('an executor', () => {
  it('lists what runs and what nobody asked for, and forgets the rest', async () => {
    const { map, executor } = executorOf(double);
    const [a, b] = [map([1]), map([2])];
    expect(executor.jobs().map(job => job.id)).toEqual([a.id, b.id]);
    await a;
    await b.ended();
    expect(executor.jobs().map(job => job.id)).toEqual([b.id]);
  });

  it('cancels all that runs when it is closed, once, and refuses more', async () => {
    const { map, executor, backend } = executorOf(() => new Promise(() => undefined));
    const job = map([1, 2]);
    await expect.poll(() => backend.running).toBe(2);
    await Promise.all([executor.close(), executor.close()]);
    expect(backend.running).toBe(0);
    expect(job.state).toBe('cancelled');
    await expect(map([1])).rejects.toMatchObject({ code: 'USAGE', message: 'cannot run "x": the executor was closed' });
    await executor.close();
  });

  it('closes at the end of its block', async () => {
    let job;
    {
      await using executor = new FunctionExecutor({ backend: createFakeBackend(() => new Promise(() => undefined)) });
      job = executor.command('x', [1]);
    }
    expect(job.state).toBe('cancelled');
  });

  it('joins its defaults with the options of a call', async () => {
    const backend = createFakeBackend(double);
    const executor = new FunctionExecutor({
      backend,
      defaults: { memory: '1G', cpus: 2, env: { A: '1', B: '1' }, tags: ['pii'] },
    });
    await executor.command('x', [1], { cpus: 4, env: { B: '2' }, tags: ['phi'], timeout: '1m' });
    expect(backend.jobs[0]).toMatchObject({
      requirements: { memoryBytes: 2 ** 30, cpus: 4, timeoutMs: 60_000, graceMs: 2000 },
      env: { A: '1', B: '2' },
      tags: ['pii', 'phi'],
    });
  });

  it('says which backends there are when it does not know one', async () => {
    const executor = new FunctionExecutor({ backend: 'mainframe' });
    await expect(executor.run(['true'])).rejects.toMatchObject({ code: 'NOT_CONFIGURED', hint: expect.stringContaining('local') });
  });

  it('runs commands as they are given', async () => {
    const { executor, backend } = executorOf(({ item }) => item);
    await executor.command(['cat', '{}'], ['a']);
    await executor.command('cat {} | wc', ['a']);
    expect(await executor.run(['/bin/find', '.', '{}'])).toBeUndefined();
    expect(backend.jobs.map(({ name, work }) => [name, work])).toEqual([
      ['cat', { kind: 'command', argv: ['cat', '{}'], stdin: 'ignore' }],
      ['cat', { kind: 'command', shell: 'cat {} | wc', stdin: 'ignore' }],
      ['find', { kind: 'command', argv: ['/bin/find', '.', '{}'], stdin: 'ignore' }],
    ]);
    await expect(executor.command([], ['a'])).rejects.toMatchObject({ code: 'USAGE' });
  });
});
