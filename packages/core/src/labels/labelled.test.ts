import { higherLabel, isLower, labels } from '@megalith/agent';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Input } from '../executor/input.js';
import {
  type CarriedLabel,
  type CarriesLabel,
  highestOf,
  type Labelled,
  labelSymbol,
  labelsOfInput,
  relabelled,
  withLabel,
} from './labelled.js';

const label = fc.constantFrom(...labels);

/** A future as the executor has it: a promise with a label, which may take a while to know. */
function future<T>(value: T, carried: CarriedLabel | Promise<CarriedLabel>): Promise<T> & CarriesLabel {
  return Object.assign(Promise.resolve(value), { [labelSymbol]: carried });
}

async function* stream(...items: number[]): AsyncGenerator<number> {
  yield* items;
}

async function readAll(items: Labelled<unknown>): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const item of items as AsyncIterable<unknown>) found.push(item);
  return found;
}

describe('items with a label', () => {
  it.each([
    ['an array', [1, 2, 3], 3],
    ['a set', new Set([1, 2, 3]), 3],
    ['a typed array', new Float64Array([1, 2, 3]), 3],
    ['an iterator', [1, 2, 3].values(), undefined],
    ['a stream', stream(1, 2, 3), undefined],
  ])('are %s still, and the input of a job', async (_, items, length) => {
    const labelled = withLabel<number>(items as Iterable<number>, 'confidential', 'a test');
    expect(await labelsOfInput(labelled)).toEqual([{ label: 'confidential', from: 'a test' }]);
    expect(new Input(labelled).length).toBe(length);
    const found = await readAll(labelled);
    expect(found).toEqual([1, 2, 3]);
    expect(await labelsOfInput(found)).toEqual([]);
  });

  it('have the highest of all labels that were given', async () => {
    await fc.assert(
      fc.asyncProperty(label, label, async (one, other) => {
        const highest = higherLabel(one, other);
        expect(highestOf(await labelsOfInput(withLabel(withLabel([1], one), other)))).toBe(highest);
        const inside = withLabel([future(1, { label: one, from: 'a job' })], other);
        expect(highestOf(await labelsOfInput(inside))).toBe(highest);
      }),
    );
  });

  it('can not be lowered by being given a lower one, even where theirs takes a while to know', async () => {
    const job = Promise.resolve({ label: 'restricted', from: 'job "a"' } as const);
    const ofJob = Object.assign(stream(1), { [labelSymbol]: job });
    for (const items of [ofJob, [future(1, job)]]) {
      const found = await labelsOfInput(withLabel<number>(items as Iterable<number>, 'public'));
      expect(found[0]).toEqual(await job);
    }
  });

  it('are not read before somebody reads them', async () => {
    let read = 0;
    function* items(): Generator<number> {
      for (;;) yield read++;
    }
    const [first] = withLabel(items(), 'public') as Iterable<number>;
    expect([first, read]).toEqual([0, 1]);
  });

  it('are refused where they are none, and so is a label that is none', () => {
    expect(() => withLabel(7 as never, 'public')).toThrow(expect.objectContaining({ code: 'USAGE' }));
    expect(() => withLabel({} as never, 'public')).toThrow(expect.objectContaining({ code: 'USAGE' }));
    expect(() => withLabel([1], 'secret' as never)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});

describe('the label of an input', () => {
  it('is that of the futures in it, each asked once', async () => {
    const job = Promise.resolve({ label: 'restricted', from: 'job "a"' } as const);
    const items = [future(1, job), future(2, job), 3, future(4, { label: 'internal', from: 'job "b"' })];
    expect(await labelsOfInput(items)).toEqual([await job, { label: 'internal', from: 'job "b"' }]);
    expect(await labelsOfInput(new Set(items))).toHaveLength(2);
  });

  it.each([undefined, null, 7, 'text', [], [1, 'a', null], {}])('is none for %j', async items => {
    expect(await labelsOfInput(items)).toEqual([]);
  });

  it('after relabelling is that alone, and the futures have lost theirs', async () => {
    await fc.assert(
      fc.asyncProperty(label, label, async (of, to) => {
        fc.pre(isLower(to, of));
        const items = relabelled<number>([future(1, { label: of, from: 'a' }), 2], { label: to, from: 'b' }, of);
        expect(await labelsOfInput(items)).toEqual([{ label: to, from: 'b' }]);
        expect(await labelsOfInput([...(items as Iterable<unknown>)])).toEqual([]);
        expect(await readAll(items)).toEqual([1, 2]);
      }),
    );
  });
});
