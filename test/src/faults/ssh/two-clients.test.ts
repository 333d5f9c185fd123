import { describe, expect, test } from 'vitest';
import { within } from '../../conformance/eventually.js';
import { counted, expectTidy, expectWholeJournal, linesOn, tracesOn, upTo } from './aftermath.js';
import { agentsOn } from './agents-there.js';
import { anyMoment, chanceOf, seed } from './chance.js';
import { openField } from './field.js';
import { hostTime, step } from './tasks.js';

describe(`two clients (seed ${seed})`, () => {
  test('that come to a fresh host at once find one agent, and both get their results', async () => {
    const chance = chanceOf('fresh');
    for (let round = 0; round < 3; round++) {
      const field = await openField();
      const { first } = field;
      const { tally } = tracesOn(first);
      const clients = [await field.executor(), await field.executor({ home: field.newHome() })];
      const results = clients.map(async (executor, client) => {
        await anyMoment(chance, round * 150);
        return await executor.map(
          step,
          upTo(10).map(value => ({ value, tally, tookMs: 10 })),
          { name: `of ${client}` },
        );
      });
      for (const result of await within(30_000, 'both', Promise.all(results))) expect(result).toEqual(upTo(10));
      expect(agentsOn(first).length).toBe(1);
      expect(linesOn(first, tally).length).toBe(20);
      await expectTidy(first);
    }
  });

  test('that submit one job at once are given one job: each gets all results, and no task runs twice', async () => {
    const field = await openField({ entry: { cpus: 2 } });
    const { first } = field;
    const { tally } = tracesOn(first);
    const chance = chanceOf('same');
    const clients = [await field.executor(), await field.executor({ home: field.newHome() })];
    for (let round = 0; round < 4; round++) {
      const file = `${tally}-${round}`;
      const items = upTo(200).map(value => ({ value, tally: file, tookMs: 2 }));
      const results = clients.map(async executor => {
        await anyMoment(chance, 200);
        return await executor.map(step, items, { id: `same-${round}` });
      });
      for (const result of await within(30_000, 'both', Promise.all(results))) expect(result).toEqual(upTo(200));
      expect([...counted(linesOn(first, file)).values()]).toEqual(upTo(200).map(() => 1));
      await expectWholeJournal(first, `same-${round}`, 200);
    }
    await expectTidy(first);
  });

  test("whose host's clock is two hours off get results, durations and an agent that does not leave", async () => {
    const offsetMs = 2 * 3600 * 1000;
    for (const clockOffsetMs of [offsetMs, -offsetMs]) {
      const field = await openField({ clockOffsetMs, idle: '30s' });
      const executor = await field.executor();
      const job = executor.map(hostTime, [1, 2]);
      const times = await within(30_000, 'the results', job);
      for (const time of times) expect(Math.abs(time - Date.now() - clockOffsetMs)).toBeLessThan(60_000);
      for (const future of job) {
        expect(future.stats?.execMs).toBeGreaterThanOrEqual(0);
        expect(future.stats?.execMs).toBeLessThan(60_000);
      }
      const agent = agentsOn(field.first);
      expect(agent.length).toBe(1);
      await within(30_000, 'the next job', executor.map(hostTime, [1]));
      expect(agentsOn(field.first)).toEqual(agent);
      await expectTidy(field.first);
    }
  });
});
