import fc from 'fast-check';
import { expect, it } from 'vitest';
import { executorOf } from './testing/executor-of.js';

type Fate = 'done' | 'throws' | 'throws once' | 'takes long';

it('settles every task exactly once, whatever becomes of it and whoever cancels', async () => {
  const fate = fc.constantFrom<Fate>('done', 'throws', 'throws once', 'takes long');
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        fates: fc.array(fate, { maxLength: 30 }),
        slots: fc.integer({ min: 1, max: 6 }),
        retries: fc.nat(2),
        isLazy: fc.boolean(),
        stops: fc.boolean(),
        concurrency: fc.constantFrom(1, 3, Number.POSITIVE_INFINITY),
        cancelAfter: fc.option(fc.nat(40)),
        cancelled: fc.array(fc.nat(29), { maxLength: 4 }),
      }),
      async ({ fates, slots, retries, isLazy, stops, concurrency, cancelAfter, cancelled }) => {
        let starts = 0;
        const { map, backend } = executorOf(
          ({ index, attempt }) => {
            starts += 1;
            if (starts === cancelAfter) job.cancel();
            for (const each of cancelled) if (starts === each + 1 && each < fates.length) job.future(each).cancel();
            if (fates[index] === 'throws' || (fates[index] === 'throws once' && attempt === 1)) throw new Error('no');
            return fates[index] === 'takes long' ? new Promise(resolve => setImmediate(resolve)) : index;
          },
          { slots },
        );
        const job = map(isLazy ? fates.values() : fates, {
          retries: { retries, backoff: 0 },
          onFailure: stops ? 'stop' : 'continue',
          concurrency,
        });
        const settled = new Map<number, string>();
        for await (const { index, status } of job.outcomes()) {
          expect(settled.has(index)).toBe(false);
          settled.set(index, status);
        }
        const counts = await job.ended();
        const statuses = [...settled.values()];
        expect(settled.size).toBe(counts.total);
        expect(counts).toMatchObject({
          complete: true,
          running: 0,
          done: statuses.filter(status => status === 'done').length,
          failed: statuses.filter(status => status === 'failed').length,
          cancelled: statuses.filter(status => status === 'cancelled').length,
        });
        expect(backend.running).toBe(0);
        expect(backend.mostRunning).toBeLessThanOrEqual(Math.min(slots, concurrency));
        for (const { index } of backend.taken) {
          expect(backend.taken.filter(task => task.index === index).length).toBeLessThanOrEqual(retries + 1);
        }
        if (!stops && cancelAfter === null && cancelled.length === 0) {
          expect(counts.total).toBe(fates.length);
          const lasting = fates.filter(each => each === 'throws' || (each === 'throws once' && retries === 0));
          expect(counts.failed).toBe(lasting.length);
          expect(job.state).toBe(lasting.length > 0 ? 'failed' : 'done');
        }
      },
    ),
    { numRuns: 150 },
  );
});
