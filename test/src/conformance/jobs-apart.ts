import { describe, expect, test } from 'vitest';
import { eventually, within } from './eventually.js';
import { failureOf } from './failure-of.js';
import { executorOf, type Place } from './place.js';
import { gateIn, scratchFolder, tallyIn } from './scratch.js';
import { double } from './tasks/arithmetic.js';
import { passGate } from './tasks/gate.js';

/** One job never touches another: in Lithops, collecting a result stops every other job of the executor. */
export function jobsApart(place: Place): void {
  describe.runIf(place.capabilities.sameFiles)('two jobs of one executor', () => {
    const executor = executorOf(place);

    function gatedPair() {
      const folder = scratchFolder();
      const [first, second] = ['first', 'second'].map(name => {
        const gate = gateIn(folder, `${name}-gate`);
        const tally = tallyIn(folder, `${name}-tally`);
        const items = [1, 2].map(value => ({ gate: gate.path, tally: tally.path, value }));
        return { gate, tally, job: executor().map(passGate, items, { cpus: 0.1, name }) };
      });
      return { first: first!, second: second! };
    }

    test('run at the same time', async () => {
      const { first, second } = gatedPair();
      await eventually(
        'tasks of both jobs run',
        () => first.tally.count('began 1') === 1 && second.tally.count('began 1') === 1,
      );
      first.gate.open();
      second.gate.open();
      expect(await Promise.all([first.job, second.job])).toEqual([
        [1, 2],
        [1, 2],
      ]);
    });

    test('do not end together: the result of one is collected while the other runs on', async () => {
      const { first, second } = gatedPair();
      await eventually('the second job runs', () => second.tally.lines().length > 0);
      first.gate.open();
      expect(await executor().getResult(first.job)).toEqual([1, 2]);
      expect(second.job.state).toBe('running');
      second.gate.open();
      expect(await second.job).toEqual([1, 2]);
      expect(second.tally.lines().sort()).toEqual(['began 1', 'began 2', 'ended 1', 'ended 2']);
    });

    test('are cancelled apart', async () => {
      const { first, second } = gatedPair();
      await eventually('both jobs run', () => first.tally.lines().length === 2 && second.tally.lines().length === 2);
      first.job.cancel('not wanted any more');
      const counts = await within(20_000, 'the cancelled job to end', first.job.ended());
      expect(counts).toMatchObject({ cancelled: 2, done: 0 });
      expect(first.job.state).toBe('cancelled');
      expect((await failureOf(first.job)).code).toBe('CANCELLED');
      second.gate.open();
      expect(await second.job).toEqual([1, 2]);
      expect(first.tally.count('ended 1')).toBe(0);
    });

    test('fail apart', async () => {
      const { second } = gatedPair();
      const failing = executor().map(() => {
        throw new Error('mine alone');
      }, [1, 2, 3]);
      expect((await failureOf(failing)).message).toContain('mine alone');
      second.gate.open();
      expect(await second.job).toEqual([1, 2]);
    });

    test('are listed by the executor, with their own states', async () => {
      const { first, second } = gatedPair();
      first.gate.open();
      await first.job.ended();
      const listed = executor().jobs();
      const stateOf = (id: string) => listed.find(job => job.id === id)?.state;
      expect([stateOf(first.job.id), stateOf(second.job.id)]).toEqual(['done', 'running']);
      second.gate.open();
      await second.job;
    });

    test('do not wait for one another when one is long', async () => {
      const { first } = gatedPair();
      await eventually('the long job runs', () => first.tally.lines().length > 0);
      expect(await executor().map(double, [1, 2, 3], { cpus: 0.1 })).toEqual([2, 4, 6]);
      first.gate.open();
      await first.job;
    });
  });
}
