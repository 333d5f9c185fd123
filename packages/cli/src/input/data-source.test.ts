import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expandBraces, glob } from '@megalith/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DataSource, openData, openItems } from './data-source.js';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'megalith-data-'));
  mkdirSync(join(folder, 'deep/er'), { recursive: true });
  for (const name of ['b.txt', 'a.txt', '.hidden.txt', 'c.md', 'deep/d.txt', 'deep/er/e.txt', 'we[ir]d.txt']) {
    writeFileSync(join(folder, name), `${name}\n`);
  }
  symlinkSync('a.txt', join(folder, 'link.txt'));
  writeFileSync(join(folder, 'rows.csv'), 'n,word\n1,one\n2,two\n');
  writeFileSync(join(folder, 'rows.json'), '[1,{"a":2}]');
  writeFileSync(join(folder, 'rows.ndjson'), '1\n\n{"a":2}\n');
  writeFileSync(join(folder, 'bad.ndjson'), '1\n{a}\n');
});

afterAll(() => rmSync(folder, { recursive: true }));

async function all<T>(items: AsyncIterable<T> | readonly T[]): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

async function itemsOf<T>(source: Promise<DataSource<T>>): Promise<T[]> {
  return all((await source).items);
}

describe('openData', () => {
  it.each([
    [
      'rows.csv',
      [
        { n: '1', word: 'one' },
        { n: '2', word: 'two' },
      ],
    ],
    ['rows.json', [1, { a: 2 }]],
    ['rows.ndjson', [1, { a: 2 }]],
  ])('reads %s', async (name, expected) => {
    expect(await itemsOf(openData(join(folder, name)))).toEqual(expected);
  });

  it('gives the paths that a glob matches', async () => {
    expect(await itemsOf(openData(join(folder, '{b,a}.txt')))).toEqual([join(folder, 'b.txt'), join(folder, 'a.txt')]);
  });

  it.each([
    ['missing.json', /there is no such file/],
    ['c.md', /cannot tell the format/],
    ['deep', /it is a folder/],
    ['*.nothing', /matches no file/],
  ])('refuses %s as a usage error', async (name, message) => {
    await expect(openData(join(folder, name))).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(message),
    });
  });

  it('names file and line of what is not JSON', async () => {
    await expect(itemsOf(openData(join(folder, 'bad.ndjson')))).rejects.toMatchObject({
      message: expect.stringMatching(/bad\.ndjson", line 2: not JSON/),
    });
  });

  it('reads a small file at once, and tells how much of a large one was read', async () => {
    const small = await openItems(join(folder, 'a.txt'), '\n');
    expect(small.items).toEqual(['a.txt']);
    expect(small.fractionRead()).toBe(1);
    const path = join(folder, 'large');
    writeFileSync(path, `${'x'.repeat(2 ** 20)}\n`.repeat(2));
    const large = await openItems(path, '\n');
    expect(Array.isArray(large.items)).toBe(false);
    expect(large.fractionRead()).toBe(0);
    expect(await all(large.items)).toHaveLength(2);
    expect(large.fractionRead()).toBe(1);
    rmSync(path);
  });

  it('names the files that it reads, and what they are links to', async () => {
    expect((await openItems(join(folder, 'a.txt'), '\n')).reads).toEqual([join(folder, 'a.txt')]);
    const paths = [join(folder, 'b.txt'), join(folder, 'link.txt'), join(folder, 'a.txt')];
    expect((await openItems(join(folder, '{b,link}.txt'), '\n')).reads).toEqual(paths);
  });
});

describe('glob', () => {
  it.each([
    ['*.txt', ['a.txt', 'b.txt', 'link.txt', 'we[ir]d.txt']],
    ['**/*.txt', ['a.txt', 'b.txt', 'link.txt', 'we[ir]d.txt', 'deep/d.txt', 'deep/er/e.txt']],
    ['deep/**', ['deep/d.txt', 'deep/er/e.txt']],
    ['?.{md,txt}', ['c.md', 'a.txt', 'b.txt']],
    ['[!b-z].txt', ['a.txt']],
    ['.*.txt', ['.hidden.txt']],
    ['*/er/*', ['deep/er/e.txt']],
    ['nothing/*', []],
  ])('matches %s', async (pattern, expected) => {
    expect(await all(glob(pattern, folder))).toEqual(expected);
  });

  it('expands nested braces, and leaves those that are none', () => {
    expect(expandBraces('a{b,c{d,e}}f')).toEqual(['abf', 'acdf', 'acef']);
    expect(expandBraces('a{b}{c,d}')).toEqual(['a{b}c', 'a{b}d']);
    expect(expandBraces('a{b,c')).toEqual(['a{b,c']);
  });
});
