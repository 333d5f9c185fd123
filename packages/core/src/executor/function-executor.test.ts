import { describe, expect, it } from 'vitest';
import { FunctionExecutor } from './function-executor.js';
import { double, executorOf, forever } from './testing/executor-of.js';
import { createFakeBackend, runShipped } from './testing/fake-backend.js';

describe('a map of functions', () => {
  it('runs the function, and an item is always one argument', async () => {
    const { executor } = executorOf(runShipped());
    const shape = (item: unknown) => JSON.stringify(item);
    const items = [1, 'a', [1, 2], { a: 1 }, null, undefined];
    expect(await executor.map(shape, items)).toEqual(['1', '"a"', '[1,2]', '{"a":1}', 'null', undefined]);
    expect(await executor.callAsync(shape, [4, 6])).toBe('[4,6]');
    expect(await executor.callAsync((item: number, context) => [item, context.index, context.attempt], 5)).toEqual([
      5, 0, 1,
    ]);
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
    expect(backend.jobs[0]).toMatchObject({
      work: { isolation: 'threads', shared: [{ name: 'table', type: 'Float64Array' }] },
    });
    await expect(executor.map((x: number) => x, [1], { shared: { table: 'text' as never } })).rejects.toMatchObject({
      code: 'CANNOT_SHARE',
      message: expect.stringContaining('"table"'),
    });
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
    const { map, executor, backend } = executorOf(forever);
    const job = map([1, 2]);
    await expect.poll(() => backend.running).toBe(2);
    await Promise.all([executor.close(), executor.close()]);
    expect(backend.running).toBe(0);
    expect(job.state).toBe('cancelled');
    await expect(map([1])).rejects.toMatchObject({ code: 'USAGE', message: 'cannot run "x": the executor was closed' });
    await executor.close();
  });

  it('closes at the end of its block', async () => {
    const run = async () => {
      await using executor = new FunctionExecutor({ backend: createFakeBackend(forever) });
      // In a list: a job is awaited when it is returned.
      return [executor.command('x', [1])];
    };
    const [job] = await run();
    expect(job?.state).toBe('cancelled');
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
    await expect(executor.run(['true'])).rejects.toMatchObject({
      code: 'NOT_CONFIGURED',
      hint: expect.stringContaining('local'),
    });
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
