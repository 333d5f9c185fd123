import { describe, expect, test } from 'vitest';
import { within } from './eventually.js';
import { failureOfCall } from './failure-of.js';
import { executorOf, type Place } from './place.js';
import { double } from './tasks/arithmetic.js';

/** Inputs without a known length: Lithops takes a generator for one argument and cannot pickle it. */
export function lazyInputs(place: Place): void {
  describe('a lazy input', () => {
    const executor = executorOf(place);

    test('may be a generator', async () => {
      const job = executor().map(double, upTo(5));
      expect(await job).toEqual([2, 4, 6, 8, 10]);
      expect(job.counts).toMatchObject({ total: 5, complete: true, done: 5 });
    });

    test('may be an async generator', async () => {
      expect(await executor().map(double, slowlyUpTo(5))).toEqual([2, 4, 6, 8, 10]);
    });

    test('gives its first result before an endless generator is read to its end', async () => {
      let given = 0;
      let returned = false;
      function* endless(): Generator<number> {
        try {
          for (;;) yield ++given;
        } finally {
          returned = true;
        }
      }
      const job = executor().map(double, endless());
      for await (const value of job) {
        expect(value % 2).toBe(0);
        break;
      }
      expect(given).toBeLessThan(1_000_000);
      job.cancel('enough');
      await within(20_000, 'the cancelled job to end', job.ended());
      expect(returned).toBe(true);
    });

    test('reads an async generator only as fast as results are possible', async () => {
      let asked = 0;
      let release: () => void = () => undefined;
      const firstResult = new Promise<void>(resolve => {
        release = resolve;
      });
      async function* waitsForItsOwnResult(): AsyncGenerator<number> {
        asked += 1;
        yield 1;
        await firstResult;
        asked += 1;
        yield 2;
      }
      const job = executor().map(double, waitsForItsOwnResult());
      const values: number[] = [];
      for await (const value of job) {
        if (values.push(value) === 1) release();
      }
      expect(values).toEqual([2, 4]);
      expect(asked).toBe(2);
    });

    test('stays within a bounded lead over what was taken, so that a long one is not held in memory', async () => {
      let given = 0;
      function* many(): Generator<Uint8Array> {
        for (let i = 0; i < 20_000; i++) {
          given = i + 1;
          yield new Uint8Array(64 * 1024);
        }
      }
      const job = executor().map((bytes: Uint8Array) => bytes.length, many());
      for await (const value of job) {
        expect(value).toBe(64 * 1024);
        break;
      }
      // 20,000 items are 1.2 GiB: far more than a client may hold at once.
      expect(given).toBeLessThan(10_000);
      job.cancel();
      await within(20_000, 'the cancelled job to end', job.ended());
    });

    test('fails the job, and leaves nothing running, when it throws', async () => {
      function* broken(): Generator<number> {
        yield 1;
        yield 2;
        throw new Error('the input file is cut off');
      }
      const job = executor().map(double, broken());
      const error = await failureOrThrown(job);
      expect(String(error)).toContain('the input file is cut off');
      expect(job.state).toBe('failed');
      expect(await executor().map(double, [1])).toEqual([2]);
    });

    test('has futures by index before they were read', async () => {
      const job = executor().map(double, slowlyUpTo(4));
      const last = job.future(3);
      expect(await last).toBe(8);
      expect((await failureOfCall(() => job.future(4))).code).toBe('NOT_FOUND');
    });

    test('cannot be spread into futures', async () => {
      const job = executor().map(double, upTo(3));
      expect(() => [...job]).toThrowError(expect.objectContaining({ code: 'USAGE' }));
      expect(await job).toEqual([2, 4, 6]);
    });
  });
}

function* upTo(n: number): Generator<number> {
  for (let i = 1; i <= n; i++) yield i;
}

async function* slowlyUpTo(n: number): AsyncGenerator<number> {
  for (let i = 1; i <= n; i++) {
    await new Promise(resolve => setImmediate(resolve));
    yield i;
  }
}

/** A broken input is the user's own error: it may come as it is or as a cause. */
async function failureOrThrown(job: PromiseLike<unknown>): Promise<unknown> {
  try {
    await within(20_000, 'the failure of the input', job);
  } catch (error) {
    return error instanceof Error && error.cause !== undefined ? `${error.message}: ${error.cause}` : error;
  }
  throw new Error('the broken input was not noticed');
}
