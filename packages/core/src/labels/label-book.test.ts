import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { higherLabel, isLower, type Label, labels } from '@megalith/agent';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LabelBook } from './label-book.js';

let folder: string;
let home: string;
let time: number;
let book: LabelBook;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'megalith-labels-')));
  home = join(folder, 'home');
  time = 0;
  book = new LabelBook(home, { now: () => ++time });
});
afterEach(() => rmSync(folder, { recursive: true }));

const at = (...parts: string[]) => join(folder, ...parts);
const make = (...parts: string[]) => {
  mkdirSync(dirname(at(...parts)), { recursive: true });
  writeFileSync(at(...parts), '');
  return at(...parts);
};
const labelOf = async (path: string) => (await book.find(path))[0]?.label;

describe('a label book', () => {
  it('knows nothing and makes nothing until something is labelled', async () => {
    expect(await book.labelsUnder(folder)).toEqual([]);
    expect(await book.all()).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('gives an input folder the labels of what is in it, and a file those of the folders above it', async () => {
    const file = make('out', 'a', 'x.csv');
    make('out', 'b', 'y.csv');
    await book.note(file, 'restricted', 'job "clean"');
    await book.note(at('out'), 'internal', 'job "copy"');
    expect(await book.labelsUnder([at('out'), at('out', 'b'), at('elsewhere')])).toEqual([
      { label: 'restricted', from: `"${file}" (job "clean")` },
      { label: 'internal', from: `"${at('out')}" (job "copy")` },
    ]);
    expect(await labelOf(at('out', 'a', 'x.csv'))).toBe('restricted');
    expect(await labelOf(folder)).toBe('restricted');
    // A neighbour whose name begins the same.
    expect(await labelOf(make('output'))).toBeUndefined();
  });

  it('knows a path by where it leads, and one that is not there by its folder', async () => {
    make('data', 'x');
    symlinkSync(at('data'), at('link'));
    await book.note(at('link', 'new', 'y'), 'restricted', 'a job');
    expect((await book.all()).map(({ path }) => path)).toEqual([at('data', 'new', 'y')]);
    make('data', 'new', 'y');
    expect(await labelOf(at('link'))).toBe('restricted');
  });

  it('leaves out what is gone, and remembers it should it come back', async () => {
    const file = make('out', 'x');
    await book.note(file, 'restricted', 'a job');
    rmSync(file);
    expect(await labelOf(at('out'))).toBeUndefined();
    make('out', 'x');
    expect(await labelOf(at('out'))).toBe('restricted');
  });

  it('only raises by notes, and keeps what gave the label', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...labels), { minLength: 1, maxLength: 5 }), async given => {
        rmSync(home, { recursive: true, force: true });
        for (const label of given) await book.note(at('x'), label, `job of ${label}`);
        const highest = given.reduce((one, other) => higherLabel(one, other));
        expect(await book.labelsUnder(at('x'))).toEqual([{ label: highest, from: `"${at('x')}" (job of ${highest})` }]);
      }),
      { numRuns: 20 },
    );
  });

  it('lowers a folder with all in it, until a job writes there again', async () => {
    const file = make('out', 'a', 'x');
    await book.note([at('out'), file], 'restricted', 'a job');
    await book.lower(at('out', 'a'), 'internal', 'ann');
    expect(await labelOf(file)).toBe('internal');
    expect(await labelOf(at('out', 'a'))).toBe('internal');
    expect(await labelOf(at('out'))).toBe('restricted');
    await book.note(at('out'), 'public', 'another job');
    expect(await labelOf(file)).toBe('internal');
    await book.note(at('out'), 'restricted', 'the same job');
    expect(await labelOf(file)).toBe('restricted');
  });

  it('never has less for a path than a plain list of what happened', async () => {
    const paths = ['a', 'a/b', 'a/b/c', 'a/d'];
    for (const path of ['a/b/c', 'a/d']) make(path);
    const deed = fc.record({
      path: fc.constantFrom(...paths),
      label: fc.constantFrom(...labels),
      lowers: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(deed, { maxLength: 6 }), async deeds => {
        rmSync(home, { recursive: true, force: true });
        // Of each path on its own, what its latest writers left, and nothing below is forgotten.
        const model = new Map<string, Label>();
        for (const { path, label, lowers } of deeds) {
          if (lowers) await book.lower(at(path), label, 'ann');
          else await book.note(at(path), label, 'a job');
          for (const each of paths) {
            if (each !== path && !each.startsWith(`${path}/`)) continue;
            const before = model.get(each);
            if (!lowers) model.set(each, higherLabel(label, before));
            else if (each === path || (before !== undefined && isLower(label, before))) model.set(each, label);
          }
        }
        for (const path of paths) {
          const inside = paths.filter(each => each === path || each.startsWith(`${path}/`));
          const least = inside.flatMap(each => model.get(each) ?? []);
          const found = await labelOf(at(path));
          if (least.length > 0)
            expect(
              isLower(
                found!,
                least.reduce((one, other) => higherLabel(one, other)),
              ),
            ).toBe(false);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('keeps the labels of writers at the same time, for the owner only', async () => {
    const others = Array.from({ length: 4 }, () => new LabelBook(home));
    await Promise.all(
      others.map(async (other, i) => {
        for (let n = 0; n < 5; n++) await other.note(at('shared'), labels[i]!, `job ${i}.${n}`);
        await other.note(at(`own${i}`), 'internal', 'a job');
      }),
    );
    expect((await book.all()).map(({ path, label }) => [path.slice(folder.length + 1), label])).toEqual([
      ...Array.from({ length: 4 }, (_, i) => [`own${i}`, 'internal']),
      ['shared', 'restricted'],
    ]);
    const [record] = readdirSync(join(home, 'labels')).filter(name => name.endsWith('.json'));
    expect(statSync(join(home, 'labels', record!)).mode & 0o777).toBe(0o600);
  });

  it('refuses to go on where a label is damaged', async () => {
    await book.note(at('x'), 'restricted', 'a job');
    const [record] = readdirSync(join(home, 'labels')).filter(name => name.endsWith('.json'));
    writeFileSync(join(home, 'labels', record!), '{}');
    await expect(book.labelsUnder(at('x'))).rejects.toMatchObject({ code: 'JOURNAL_FAILED' });
    await expect(book.note(at('x'), 'public', 'a job')).rejects.toMatchObject({ code: 'JOURNAL_FAILED' });
  });
});
