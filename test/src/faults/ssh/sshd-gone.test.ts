import { describe, expect, test } from 'vitest';
import { eventually, within } from '../../conformance/eventually.js';
import { failureOf } from '../../conformance/failure-of.js';
import { counted, expectTidy, expectWholeJournal, linesOn, tracesOn, upTo } from './aftermath.js';
import { anyMoment, chanceOf, seed } from './chance.js';
import { openField } from './field.js';
import { step } from './tasks.js';

describe(`an SSH server (seed ${seed})`, () => {
  test.each([
    ['whose sessions are killed', ['killSshdSessions']],
    ['that is restarted', ['restartSshd']],
    ['that is restarted, its sessions killed', ['restartSshd', 'killSshdSessions']],
  ] as const)('%s, again and again, keeps no result back and lets no task run twice', async (name, faults) => {
    const field = await openField({ entry: { cpus: 2 } });
    const { first } = field;
    const { tally } = tracesOn(first);
    const executor = await field.executor();
    const chance = chanceOf(name);
    const seen: number[] = [];
    const count = 80;
    const items = upTo(count).map(value => ({ value, tally, tookMs: 40 }));
    const job = executor.map(step, items, { id: 'served' });
    const reading = (async () => {
      for await (const value of job) seen.push(value);
    })();
    await eventually('results come', () => seen.length > 0);
    for (let round = 0; round < 3; round++) {
      await anyMoment(chance, 400);
      for (const fault of faults) await first.faults[fault]();
    }
    await within(30_000, 'the results', reading);
    expect(seen.sort((a, b) => a - b)).toEqual(upTo(count));
    expect([...counted(linesOn(first, tally)).values()]).toEqual(upTo(count).map(() => 1));
    await expectWholeJournal(first, 'served', count);
    await expectTidy(first);
  });

  test('that accepts connections and says nothing is named by its layer, and its next job works', async () => {
    const field = await openField();
    const { first } = field;
    const { tally } = tracesOn(first);
    await first.faults.freeze();
    const executor = await field.executor();
    const error = await failureOf(executor.map(step, [{ value: 1, tally, tookMs: 0 }]));
    expect(error).toMatchObject({ code: 'SSH_FAILED', exitCode: 6, details: { layer: 'banner', host: 'host1' } });
    expect(error.message).toMatch(/"host1" .* accepts connections and sends no SSH banner/);
    await first.faults.thaw();
    expect(await within(30_000, 'the next job', executor.map(step, [{ value: 1, tally, tookMs: 0 }]))).toEqual([1]);
    await expectTidy(first);
  });

  test('whose host freezes in the middle of a job and thaws loses nothing', async () => {
    const field = await openField({ entry: { cpus: 2 } });
    const { first } = field;
    const { tally } = tracesOn(first);
    const executor = await field.executor();
    const items = upTo(60).map(value => ({ value, tally, tookMs: 30 }));
    const job = executor.map(step, items, { id: 'frozen' });
    await job.future(0);
    await first.faults.freeze();
    await anyMoment(() => 1, 2_000);
    await first.faults.thaw();
    expect(await within(30_000, 'the results', job)).toEqual(upTo(60));
    expect(linesOn(first, tally).length).toBe(60);
    await expectWholeJournal(first, 'frozen', 60);
    await expectTidy(first);
  });
});
