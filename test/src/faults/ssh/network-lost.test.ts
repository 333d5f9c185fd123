import { describe, expect, test } from 'vitest';
import { eventually, within } from '../../conformance/eventually.js';
import { bestKind, kindCan } from '../../hosts/host-kinds.js';
import { counted, expectTidy, expectWholeJournal, linesOn, tracesOn, upTo } from './aftermath.js';
import { anyMoment, chanceOf, seed } from './chance.js';
import { openField } from './field.js';
import { gated, step } from './tasks.js';

const kind = await bestKind();

describe.skipIf(!kindCan(kind, 'network'))(`a host that is cut off (seed ${seed}; needs a network of its own)`, () => {
  const steps = (tally: string, count: number, tookMs: number) => upTo(count).map(value => ({ value, tally, tookMs }));

  test('for 5 s, at any moment, goes on with its job meanwhile, and all results come once', async () => {
    const field = await openField({ entry: { cpus: 2 } });
    const { first } = field;
    const { tally } = tracesOn(first);
    const executor = await field.executor();
    const seen: number[] = [];
    const job = executor.map(step, steps(tally, 100, 30), { id: 'short' });
    const reading = (async () => {
      for await (const value of job) seen.push(value);
    })();
    await eventually('results come', () => seen.length > 0);
    const waitedMs = await anyMoment(chanceOf('short'), 1_000);
    await first.faults.cutOff();
    const had = seen.length;
    await anyMoment(() => 1, 5_000);
    // It did not wait for us.
    expect(new Set(linesOn(first, tally)).size, `cut off after ${waitedMs} ms`).toBeGreaterThan(had);
    await first.faults.heal();
    await within(30_000, 'the results', reading);
    expect(seen.sort((a, b) => a - b)).toEqual(upTo(100));
    expect([...counted(linesOn(first, tally)).values()].every(times => times === 1)).toBe(true);
    await expectWholeJournal(first, 'short', 100);
    await expectTidy(first);
  });

  test('for longer than a connection lives gets another connection, which reads on from where the last one was', async () => {
    const field = await openField({ entry: { cpus: 2 } });
    const { first } = field;
    const { tally, gate } = tracesOn(first);
    const executor = await field.executor();
    const seen: number[] = [];
    const started: number[] = [];
    const items = upTo(6).map(value => ({ value, tally, ...(value < 2 ? {} : { gate }) }));
    const job = executor.map(gated, items, {
      id: 'long',
      onEvent: event => event.type === 'started' && started.push(event.index),
    });
    const reading = (async () => {
      for await (const value of job) seen.push(value);
    })();
    await eventually('two tasks are told, and two run', () => seen.length === 2 && started.length >= 2);
    const sessions = () => first.log().split('Accepted publickey').length - 1;
    const before = sessions();
    await first.faults.cutOff();
    await first.exec(`touch ${gate}`);
    await eventually('all is done there', () => linesOn(first, tally).filter(line => /ended/.test(line)).length === 6);
    // The client finds the connection dead after 15 s of silence.
    await anyMoment(() => 1, 17_000);
    expect(seen.length).toBe(2);
    await first.faults.heal();
    await within(30_000, 'the results', reading);
    expect(seen.sort()).toEqual(upTo(6));
    expect(sessions()).toBeGreaterThan(before);
    expect(linesOn(first, tally).length).toBe(12);
    await expectWholeJournal(first, 'long', 6);
    await expectTidy(first);
  });
});
