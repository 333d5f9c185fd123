import { describe, expect, test } from 'vitest';
import { executorOf, type Place } from './place.js';
import { scratchFolder } from './scratch.js';
import { indexAndAttempt } from './tasks/arithmetic.js';
import { currentFolder, environment } from './tasks/surroundings.js';

/** What a task gets beside its item, and the world around it. */
export function context(place: Place): void {
  describe('the context of a task', () => {
    const executor = executorOf(place);

    test('has the index and the attempt', async () => {
      expect(await executor().map(indexAndAttempt, ['a', 'b'])).toEqual([
        { index: 0, attempt: 1 },
        { index: 1, attempt: 1 },
      ]);
    });

    test('has a signal that is not aborted, an object for shared inputs, and two functions', async () => {
      const seen = await executor().callAsync(
        (_item: undefined, { signal, shared, log, progress }) => [
          signal instanceof AbortSignal && !signal.aborted,
          Object.keys(shared).length,
          typeof log,
          typeof progress,
        ],
        undefined,
      );
      expect(seen).toEqual([true, 0, 'function', 'function']);
    });

    test('works when its functions are taken out of it', async () => {
      const progress: unknown[] = [];
      await executor().callAsync(
        (_item: undefined, { log, progress: report }) => {
          log('taken out');
          report({ rows: 10 });
          report({ rows: 20 });
        },
        undefined,
        { onEvent: event => event.type === 'progress' && progress.push(event.value) },
      );
      expect(progress).toEqual([{ rows: 10 }, { rows: 20 }]);
    });

    test('sees the variables of its own job, as text, and not those of another', async () => {
      const env = { MEGALITH_TEST_VARIABLE: 'one', MEGALITH_TEST_QUOTED: `a 'b' "c" $d` };
      expect(await executor().callAsync(environment, Object.keys(env), { env })).toEqual(Object.values(env));
      expect(
        await executor().callAsync(environment, ['MEGALITH_TEST_VARIABLE'], { env: { MEGALITH_TEST_VARIABLE: 'two' } }),
      ).toEqual(['two']);
      expect(await executor().callAsync(environment, ['MEGALITH_TEST_VARIABLE'])).toEqual([undefined]);
    });

    test.runIf(place.capabilities.sameMachine)("runs in the client's folder, or in the job's own", async () => {
      const folder = scratchFolder();
      expect(await executor().callAsync(currentFolder, undefined, { cwd: folder })).toBe(folder);
      expect(await executor().callAsync(currentFolder, undefined)).toBe(process.cwd());
    });

    test('sees events of its job in order: planned, queued, started, done, ended', async () => {
      const types: string[] = [];
      const job = executor().map(indexAndAttempt, [1], { onEvent: event => types.push(event.type) });
      await job.ended();
      expect(types.filter(type => type !== 'log')).toEqual(['planned', 'queued', 'started', 'done', 'ended']);
    });

    test('names its job after the function, or as told', async () => {
      const job = executor().map(indexAndAttempt, [1]);
      expect(job.name).toBe('indexAndAttempt');
      await job;
      const named = executor().map(indexAndAttempt, [1], { name: 'nightly' });
      expect(named.name).toBe('nightly');
      await named;
      expect(named.id).not.toBe(job.id);
    });
  });
}
