import { describe, expect, test } from 'vitest';
import { eventually, within } from '../../conformance/eventually.js';
import { bestKind, kindCan } from '../../hosts/host-kinds.js';
import { expectTidy, linesOn, tracesOn, upTo } from './aftermath.js';
import { anyMoment, chanceOf, seed } from './chance.js';
import { openField } from './field.js';
import { gated } from './tasks.js';

const kind = await bestKind();

describe.skipIf(!kindCan(kind, 'power'))(`one of three machines (seed ${seed}; needs hosts with power)`, () => {
  test('that loses power in the middle of a map leaves its tasks to the others, and each result comes once', async () => {
    const field = await openField({ count: 3, entry: { cpus: 2 } });
    const all = field.hosts.all;
    const { tally, gate } = tracesOn(field.first);
    const executor = await field.executor();
    const seen: number[] = [];
    const job = executor.map(
      gated,
      upTo(24).map(value => ({ value, tally, ...(value % 2 === 0 ? {} : { gate }) })),
      { id: 'spread' },
    );
    const reading = (async () => {
      for await (const value of job) seen.push(value);
    })();
    await eventually('each machine has tasks', () => all.every(host => linesOn(host, tally).length > 0));
    await anyMoment(chanceOf('power'), 500);
    const [lost, ...others] = all;
    await lost!.faults.powerLoss();
    for (const host of others) await host.exec(`touch ${gate}`);
    await within(55_000, 'the results', reading);
    expect(seen.sort((a, b) => a - b)).toEqual(upTo(24));
    expect(await job.ended()).toMatchObject({ total: 24, done: 24, failed: 0, cancelled: 0 });
    for (const host of others) await expectTidy(host);
  });
});
