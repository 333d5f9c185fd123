import { describe, expect, test } from 'vitest';
import { eventually, within } from '../../conformance/eventually.js';
import { failureOf } from '../../conformance/failure-of.js';
import { bestKind, kindCan } from '../../hosts/host-kinds.js';
import { expectTidy, expectWholeJournal, linesOn, tracesOn, upTo } from './aftermath.js';
import { openField } from './field.js';
import { gated } from './tasks.js';

const kind = await bestKind();

describe.skipIf(!kindCan(kind, 'network'))('a host that is cut off (needs a network of its own)', () => {
  test('for longer than the client waits ends with CONTACT_LOST and the way back, and the job is read later', async () => {
    const field = await openField({ entry: { cpus: 2 } });
    const { first } = field;
    const { tally, gate } = tracesOn(first);
    const executor = await field.executor({ patienceMs: 1_000 });
    const started: number[] = [];
    const items = upTo(4).map(value => ({ value, tally, gate }));
    const job = executor.map(gated, items, {
      id: 'later',
      onEvent: event => event.type === 'started' && started.push(event.index),
    });
    job.catch(() => undefined);
    await eventually('tasks run', () => started.length === 2);
    await first.faults.cutOff();
    const error = await failureOf(job, 50_000);
    expect(error).toMatchObject({ code: 'CONTACT_LOST', exitCode: 75 });
    expect(error.message).toContain('"host1"');
    expect(error.hint).toContain('megalith jobs attach later');
    await first.faults.heal();
    await first.exec(`touch ${gate}`);
    const again = (await field.executor({ home: field.newHome() })).map(gated, items, { id: 'later' });
    expect(await within(30_000, 'the results', again)).toEqual(upTo(4));
    expect(linesOn(first, tally).sort()).toEqual(
      upTo(4)
        .flatMap(value => [`began ${value} 1`, `ended ${value} 1`])
        .sort(),
    );
    await expectWholeJournal(first, 'later', 4);
    await expectTidy(first);
  });
});
