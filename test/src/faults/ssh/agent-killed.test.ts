import type { JobEvent } from '@megalith/core';
import { describe, expect, test } from 'vitest';
import { eventually, within } from '../../conformance/eventually.js';
import { failureOf } from '../../conformance/failure-of.js';
import { counted, expectTidy, expectWholeJournal, linesOn, nextAgent, tracesOn, upTo } from './aftermath.js';
import { agentsOn, killAgents } from './agents-there.js';
import { anyMoment, chanceOf, seed } from './chance.js';
import { openField } from './field.js';
import { gated, step } from './tasks.js';

describe(`an agent (seed ${seed})`, () => {
  /** Two tasks that end at once, and six that wait at the gate, two at a time. */
  const gatedItems = ({ tally, gate }: ReturnType<typeof tracesOn>) =>
    upTo(8).map(value => ({ value, tally, ...(value < 2 ? {} : { gate }) }));
  /** Which tasks were told to have started, by attempt. */
  const startsOf = () => {
    const started = new Map<number, Set<number>>();
    const onEvent = (event: JobEvent): void => {
      if (event.type !== 'started' || event.index < 2) return;
      started.set(event.attempt, (started.get(event.attempt) ?? new Set()).add(event.index));
    };
    const bothRun = (attempt: number) =>
      eventually(`two tasks run as attempt ${attempt}`, () => {
        const indexes = [...(started.get(attempt) ?? [])];
        return indexes.length === 2 && indexes;
      });
    return { onEvent, bothRun };
  };
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
      const { tally, gate } = tracesOn(first);
      const { onEvent, bothRun } = startsOf();
      const executor = await field.executor();
      const job = executor.map(gated, gatedItems({ tally, gate }), { id: 'killed', onEvent });
      await Promise.all([job.future(0), job.future(1)]);
      const running = await bothRun(1);
      const old = killAgents(first, signal);
      expect(old.length).toBe(1);
      await nextAgent(first, old);
      await eventually('one of those that ran runs again', () =>
        running.some(index => linesOn(first, tally).includes(`began ${index} 2`)),
      );
      await first.exec(`touch ${gate}`);
      expect(await within(30_000, 'the results', job.ended())).toMatchObject({ done: 8, failed: 0 });
      expect(await job).toEqual(upTo(8));
      // What ran began twice and ended once.
      const expected = [
        ...each(value => (running.includes(value) ? 2 : 1)),
        ...running.map(index => `began ${index} 1`),
      ];
      expect(linesOn(first, tally).sort()).toEqual(expected.sort());
      await expectWholeJournal(first, 'killed', 8);
      await expectTidy(first);
    },
  );

  test('that is killed while nobody is attached goes on when somebody comes, with all results', async () => {
    const field = await openField({ entry: { cpus: 2 } });
    const { first } = field;
    const { tally, gate } = tracesOn(first);
    const executor = await field.executor();
    const { onEvent, bothRun } = startsOf();
    const job = executor.map(gated, gatedItems({ tally, gate }), { id: 'alone', detached: true, onEvent });
    const running = await bothRun(1);
    await within(20_000, 'the leaving', job.detach());
    expect((await failureOf(job)).code).toBe('CONTACT_LOST');
    await field.leave(executor);
    const old = killAgents(first);
    await eventually('nothing runs there', () => first.processes().length === 0);
    await first.exec(`touch ${gate}`);
    const other = await field.executor({ home: field.newHome() });
    const again = other.map(gated, gatedItems({ tally, gate }), { id: 'alone', detached: true });
    expect(await within(30_000, 'the results', again)).toEqual(upTo(8));
    expect(agentsOn(first).map(({ pid }) => old.includes(pid))).toEqual([false]);
    const lines = linesOn(first, tally);
    const expected = [...each(value => (running.includes(value) ? 2 : 1)), ...running.map(index => `began ${index} 1`)];
    expect(lines.sort()).toEqual(expected.sort());
    await expectWholeJournal(first, 'alone', 8);
    await expectTidy(first);
  });

  test('that is killed behind a server that forwards no sockets is followed by one that goes on', async () => {
    const field = await openField({ entry: { cpus: 2 }, socketForwarding: false });
    const { first } = field;
    const { tally, gate } = tracesOn(first);
    const executor = await field.executor();
    const { onEvent, bothRun } = startsOf();
    const job = executor.map(gated, gatedItems({ tally, gate }), { id: 'relayed', onEvent });
    await bothRun(1);
    const old = killAgents(first);
    await nextAgent(first, old);
    await first.exec(`touch ${gate}`);
    expect(await within(30_000, 'the results', job)).toEqual(upTo(8));
    await field.leave(executor);
    await expectWholeJournal(first, 'relayed', 8);
    await expectTidy(first);
  });

  test.each([
    ['at any moment', 1_200],
    ['while it starts', 150],
  ])(
    'that is killed again and again %s, with a client attached, loses no task and counts none twice',
    async (when, withinMs) => {
      const field = await openField({ entry: { cpus: 2 } });
      const { first } = field;
      const { tally } = tracesOn(first);
      const chance = chanceOf(when);
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
      // Waited for below; until then its failure is not to go before that of the test.
      reading.catch(() => undefined);
      let killed: number[] = [];
      for (let round = 0; round < kills; round++) {
        await Promise.race([nextAgent(first, killed), reading]);
        if (seen.length === count) break;
        // A task that is lost three times is given up: those that were lost twice come first.
        const before = seen.length;
        if (round === 2) await eventually('work goes on', () => seen.length >= Math.min(count, before + 8));
        const waitedMs = await anyMoment(chance, withinMs);
        const had = [...seen];
        const tallied = counted(linesOn(first, tally));
        killed = killAgents(first);
        console.log(`kill ${round + 1} after ${waitedMs} ms, with ${had.length} results told`);
        for (const index of had) expect(tallied.get(String(index))).toBeGreaterThanOrEqual(1);
      }
      await within(40_000, 'the results', reading);
      expect(seen.sort((a, b) => a - b)).toEqual(upTo(count));
      const counts = counted(linesOn(first, tally));
      expect(counts.size).toBe(count);
      // Only what was in a slot when its agent died ran twice.
      const twice = [...counts.values()].reduce((sum, times) => sum + times - 1, 0);
      expect(twice).toBeLessThanOrEqual(kills * 2 * 4);
      await expectWholeJournal(first, 'again', count);
      // The last to be killed may have had nothing left to do: whoever comes next clears up after it.
      expect(await executor.callAsync(step, { value: 0, tally, tookMs: 0 })).toBe(0);
      await expectTidy(first);
    },
  );
});
