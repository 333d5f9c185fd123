import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Label } from '@megalith/agent';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readAudit } from '../audit/read-audit.js';
import { verifyAudit } from '../audit/verify-audit.js';
import { declassify } from './declassify.js';
import { LabelBook } from './label-book.js';
import { labelSymbol, labelsOfInput, withLabel } from './labelled.js';

let home: string;
let file: string;
let book: LabelBook;
beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), 'megalith-declassify-')));
  mkdirSync(join(home, 'out'));
  file = join(home, 'out', 'table.csv');
  writeFileSync(file, '');
  book = new LabelBook(home);
});
afterEach(() => rmSync(home, { recursive: true }));

const reason = 'all names were removed';
const entries = async () => (await readAudit(home)).filter(entry => entry.kind === 'declassify');

describe('declassify', () => {
  it('lowers what a job left on files, and says so in the audit log', async () => {
    await book.note(join(home, 'out'), 'restricted', 'job "clean"');
    expect(await declassify(file, { to: 'internal', reason, home })).toEqual([
      { path: file, was: 'restricted', to: 'internal' },
    ]);
    expect((await book.find(file))[0]).toMatchObject({
      label: 'internal',
      from: expect.stringMatching(/^declassified by .+@/),
    });
    expect((await book.find(join(home, 'out')))[0]?.label).toBe('restricted');
    expect(await entries()).toMatchObject([
      { what: [file], was: 'restricted', to: 'internal', reason, who: expect.stringContaining('@') },
    ]);
    expect((await verifyAudit(home)).ok).toBe(true);
  });

  it('gives the items of a job a lower label, and takes it from the futures', async () => {
    const carried = Promise.resolve({ label: 'restricted', from: 'job "clean"' } as const);
    const futures = [1, 2].map(value => Object.assign(Promise.resolve(value), { [labelSymbol]: carried }));
    const job = Object.assign(futures.values(), { [labelSymbol]: carried });
    for (const thing of [job, futures, futures[0]!]) {
      const items = await declassify<number>(thing as Iterable<Promise<number>>, { to: 'public', reason, home });
      expect(await labelsOfInput(items)).toEqual([{ label: 'public', from: 'what was declassified of job "clean"' }]);
      const values: number[] = [];
      for await (const value of items as AsyncIterable<number>) values.push(value);
      expect(values).toEqual(thing === futures[0] ? [1] : [1, 2]);
    }
    expect((await entries()).map(({ what, was, to }) => [what, was, to])).toEqual(
      Array.from({ length: 3 }, () => [['job "clean"'], 'restricted', 'public']),
    );
  });

  it('lowers items that have a label, even where they are text', async () => {
    const items = withLabel(['a', 'b'], 'confidential', 'the hospital');
    const lowered = await labelsOfInput(await declassify(items, { to: 'internal', reason, home }));
    expect(lowered).toEqual([expect.objectContaining({ label: 'internal' })]);
  });

  it('lets no item of a lazy input through that is higher than what was said of it', async () => {
    const future = (label: Label) =>
      Object.assign(Promise.resolve(label), { [labelSymbol]: Promise.resolve({ label, from: 'a job' }) });
    const lazy = withLabel([future('confidential'), future('restricted')].values(), 'confidential');
    const items = [...((await declassify(lazy, { to: 'public', reason, home })) as Iterable<Promise<Label>>)];
    expect(await items[0]).toBe('confidential');
    await expect(Promise.resolve(items[1])).rejects.toMatchObject({ code: 'POLICY' });
  });

  it.each([
    ['', 'a reason of 10 characters'],
    ['   short    ', 'a reason of 10 characters'],
  ])('refuses the reason "%s"', async (text, message) => {
    await book.note(file, 'restricted', 'a job');
    await expect(declassify(file, { to: 'public', reason: text, home })).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining(message),
    });
  });

  it.each(['restricted', 'confidential'] as const)('refuses to go up, or nowhere, to %s', async to => {
    await book.note(file, 'confidential', 'a job');
    for (const thing of [file, withLabel([1], 'confidential')] as const) {
      await expect(declassify(thing as string, { to, reason, home })).rejects.toMatchObject({
        code: 'USAGE',
        message: expect.stringContaining('it is confidential'),
        hint: 'give one that is lower: public, internal',
      });
    }
  });

  it('refuses what has no label, and lowers nothing where one of several has none', async () => {
    await expect(declassify([1, 2], { to: 'public', reason, home })).rejects.toMatchObject({ code: 'USAGE' });
    await book.note(file, 'restricted', 'a job');
    const plain = join(home, 'plain');
    await expect(declassify([file, plain], { to: 'public', reason, home })).rejects.toMatchObject({
      code: 'USAGE',
      message: `"${plain}" has no label that could be lowered`,
    });
    expect((await book.find(file))[0]?.label).toBe('restricted');
    expect(await entries()).toEqual([]);
  });

  it('leaves to the policy what the policy says of a path', async () => {
    writeFileSync(join(home, 'megalith.yaml'), 'policy: {paths: {"out/**": restricted}}\n');
    await book.note(file, 'restricted', 'a job');
    await expect(declassify(file, { to: 'public', reason, home })).rejects.toMatchObject({
      code: 'POLICY',
      message: expect.stringContaining(`under the rule "${join(home, 'out/**')}"`),
    });
  });

  it('lowers nothing that it cannot write down', async () => {
    await book.note(file, 'restricted', 'a job');
    writeFileSync(join(home, 'audit'), 'in the way');
    await expect(declassify(file, { to: 'public', reason, home })).rejects.toMatchObject({ code: 'JOURNAL_FAILED' });
    expect((await book.find(file))[0]?.label).toBe('restricted');
  });
});
