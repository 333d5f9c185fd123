import { describe, expect, test } from 'vitest';
import { eventually } from '../../conformance/eventually.js';
import { counted, expectTidy, expectWholeJournal, linesOn, upTo } from './aftermath.js';
import { noOrphans } from './agents-there.js';
import { anyMoment, chanceOf, seed } from './chance.js';
import { clientFolder, resultsOf } from './client-process.js';
import { openField } from './field.js';

const count = 60;

describe(`a client in a process of its own (seed ${seed})`, () => {
  test('that is killed at any moment is followed by another, which gets all results, exactly once', async () => {
    const field = await openField({ entry: { cpus: 2 } });
    const { first, home } = field;
    const start = clientFolder();
    const chance = chanceOf('killed');
    // From before the program runs to about its end, with the first host fresh.
    for (let round = 0; round < 6; round++) {
      const id = `killed-${round}`;
      const job = { id, home, count, tally: `${first.home}/tally-${round}`, tookMs: 15 };
      const client = start(job);
      const waitedMs = await anyMoment(chance, 1_800);
      client.child.kill('SIGKILL');
      await client.end();
      const told = resultsOf(client);
      const next = start(job);
      const end = await next.end(40_000);
      expect(end, `after a kill at ${waitedMs} ms with ${told.length} results`).toMatchObject({
        exitCode: 0,
        stderr: '',
      });
      expect(resultsOf(next).sort((a, b) => a - b)).toEqual(upTo(count));
      expect([...counted(linesOn(first, job.tally)).values()]).toEqual(upTo(count).map(() => 1));
      await expectWholeJournal(first, id, count);
      await noOrphans(first);
    }
    await expectTidy(first);
  });

  test('that is killed while another reads the same job takes nothing from it', async () => {
    const field = await openField({ entry: { cpus: 2 } });
    const { first, home } = field;
    const start = clientFolder();
    const chance = chanceOf('read');
    const job = { id: 'read', home, count, tally: `${first.home}/tally`, tookMs: 40 };
    const client = start(job);
    await eventually('its first result comes', () => resultsOf(client).length > 0);
    const reader = start({ ...job, home: field.newHome() });
    await anyMoment(chance, 1_000);
    client.child.kill('SIGKILL');
    expect(await reader.end(40_000)).toMatchObject({ exitCode: 0, stderr: '' });
    expect(resultsOf(reader).sort((a, b) => a - b)).toEqual(upTo(count));
    expect([...counted(linesOn(first, job.tally)).values()]).toEqual(upTo(count).map(() => 1));
    await expectWholeJournal(first, 'read', count);
    await expectTidy(first);
  });
});
