import { describe, expect, test } from 'vitest';
import { eventually, within } from '../../conformance/eventually.js';
import { agentsOn, killAgents } from './agents-there.js';
import { counted, expectTidy, expectWholeJournal, linesOn, nextAgent, upTo } from './aftermath.js';
import { anyMoment, chanceOf, seed } from './chance.js';
import { type Field, openField } from './field.js';
import { gated, step } from './tasks.js';

const tally = '/root/tally';
const gate = '/root/gate';

describe(`an agent (seed ${seed})`, () => {
  const attached = async (field: Field, id: string) => {
    const executor = await field.executor();
    // Two that end at once, two that wait at the gate, and those that have not begun.
    const items = upTo(8).map(value => ({ value, tally, ...(value < 2 ? {} : { gate }) }));
    return executor.map(gated, items, { id });
  };
  const bothWait = (field: Field, attempt: number) =>
    eventually('two tasks are done and two wait', () => {
      const lines = linesOn(field.first, tally);
      return [2, 3].every(value => lines.includes(`began ${value} ${attempt}`));
    });
  const each = (attempt: (value: number) => number) =>
    upTo(8).flatMap(value => [`began ${value} ${attempt(value)}`, `ended ${value} ${attempt(value)}`]);

  test.each([
    ['is killed', 'SIGKILL'],
    ['gets SIGTERM', 'SIGTERM'],
  ] as const)(
    'that %s in the middle of a job is followed by one that goes on: what is done stays done, what ran comes again as attempt 2',
    async (_, signal) => {
      const field = await openField({ entry: { cpus: 2 } });
      const { first } = field;
      const job = await attached(field, 'killed').then(job => ({ job }));
      const results = job.job.ended();
      await Promise.all([job.job.future(0), job.job.future(1)]);
      await bothWait(field, 1);
      const old = killAgents(first, signal);
      expect(old.length).toBe(1);
      await nextAgent(first, old);
      await bothWait(field, 2);
      await first.exec(`touch ${gate}`);
      expect(await within(30_000, 'the results', results)).toMatchObject({ done: 8, failed: 0 });
      expect(await job.job).toEqual(upTo(8));
      // Tasks 2 and 3 began twice and ended once.
      const expected = [...each(value => (value === 2 || value === 3 ? 2 : 1)), 'began 2 1', 'began 3 1'];
      expect(linesOn(first, tally).sort()).toEqual(expected.sort());
      await expectWholeJournal(first, 'killed', 8);
      await expectTidy(first);
    },
  );

  test('that is killed while nobody is attached goes on when somebody comes, with all results', async () => {
    const field = await openField({ entry: { cpus: 2 } });
    const { first } = field;
    const executor = await field.executor();
    const items = upTo(8).map(value => ({ value, tally, ...(value < 2 ? {} : { gate }) }));
    const job = executor.map(gated, items, { id: 'alone', detached: true });
    await within(20_000, 'the leaving', job.detach());
    await job.catch(() => undefined);
    await executor.close();
    await bothWait(field, 1);
    const old = killAgents(first);
    await eventually('nothing runs there', () => first.processes().length === 0);
    await first.exec(`touch ${gate}`);
    const other = await field.executor({ home: field.newHome() });
    const again = other.map(gated, items, { id: 'alone', detached: true });
    expect(await within(30_000, 'the results', again)).toEqual(upTo(8));
    expect(agentsOn(first).map(({ pid }) => old.includes(pid))).toEqual([false]);
    const lines = linesOn(first, tally);
    expect(lines.filter(line => line.startsWith('ended')).length).toBe(8);
    expect(counted(lines).get('ended 0 1')).toBe(1);
    await expectWholeJournal(first, 'alone', 8);
    await expectTidy(first);
  });

  test('that is killed again and again at any moment, with a client attached, loses no task and counts none twice', async () => {
    const field = await openField({ entry: { cpus: 2 } });
    const { first } = field;
    const chance = chanceOf('again');
    const executor = await field.executor();
    const count = 120;
    const kills = 3;
    const job = executor.map(
      step,
      upTo(count).map(value => ({ value, tally, tookMs: 25 })),
      { id: 'again' },
    );
    const seen: number[] = [];
    const reading = (async () => {
      for await (const outcome of job.outcomes()) {
        expect(outcome.status).toBe('done');
        seen.push(outcome.index);
      }
    })();
    for (let round = 0; round < kills; round++) {
      await nextAgent(first);
      const waitedMs = await anyMoment(chance, 700);
      const had = [...seen];
      const tallied = counted(linesOn(first, tally));
      killAgents(first);
      console.log(`kill ${round + 1} after ${waitedMs} ms, with ${had.length} results told`);
      await eventually('the agent is gone', () => agentsOn(first).length === 0, 5_000).catch(() => undefined);
      for (const index of had) expect(tallied.get(String(index))).toBeGreaterThanOrEqual(1);
    }
    await within(40_000, 'the results', reading);
    expect(seen.sort((a, b) => a - b)).toEqual(upTo(count));
    expect(await job).toEqual(upTo(count));
    const counts = counted(linesOn(first, tally));
    expect(counts.size).toBe(count);
    // Only what was in a slot when its agent died ran twice.
    const twice = [...counts.values()].reduce((sum, times) => sum + times - 1, 0);
    expect(twice).toBeLessThanOrEqual(kills * 2 * 4);
    await expectWholeJournal(first, 'again', count);
    await expectTidy(first);
  });
});
