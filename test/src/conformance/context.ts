import { describe, expect, test } from 'vitest';
import { eventually } from './eventually.js';
import { executorOf, type Place } from './place.js';
import { gateIn, scratchFolder, tallyIn } from './scratch.js';
import { indexAndAttempt } from './tasks/arithmetic.js';
import { passGate } from './tasks/gate.js';
import { rest } from './tasks/load.js';
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

    test.runIf(place.capabilities.sameFiles)('runs in the folder that its job names', async () => {
      const folder = scratchFolder();
      expect(await executor().callAsync(currentFolder, undefined, { cwd: folder })).toBe(folder);
    });

    test("runs in the client's folder where that is, and elsewhere in one of its job's own", async () => {
      const first = executor().callAsync(currentFolder, undefined);
      if (place.capabilities.clientFolder) {
        expect(await first).toBe(process.cwd());
        return;
      }
      if (!place.capabilities.severalTasksEach) {
        expect(await first).toMatch(/work$/);
        return;
      }
      const second = executor().callAsync(currentFolder, undefined);
      expect([await first, await second].map((folder, i) => folder.includes([first, second][i]!.job.id))).toEqual([
        true,
        true,
      ]);
    });

    test('sees events of its job in order', async () => {
      const types: string[] = [];
      const job = executor().map(rest, [300], { onEvent: event => types.push(event.type) });
      await job.ended();
      // A machine that is made for the job tells how it comes to be.
      const plain = types.filter(type => type !== 'placing');
      expect(plain).toEqual(['planned', 'queued', 'started', 'done', 'ended']);
    });

    test.runIf(place.capabilities.sameFiles)('is told as running while it runs', async () => {
      const folder = scratchFolder();
      const gate = gateIn(folder);
      const started: number[] = [];
      const job = executor().map(passGate, [{ gate: gate.path, tally: tallyIn(folder).path, value: 7 }], {
        onEvent: event => event.type === 'started' && started.push(event.index),
      });
      await eventually('the start was told', () => started.length > 0);
      expect([job.future(0).state, job.counts.running]).toEqual(['running', 1]);
      gate.open();
      expect(await job).toEqual([7]);
      expect(started).toEqual([0]);
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
