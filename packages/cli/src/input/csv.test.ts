import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csv } from './csv.js';

async function* chunks(content: string, size: number): AsyncGenerator<string> {
  for (let i = 0; i < content.length; i += size) yield content.slice(i, i + size);
}

async function rows(content: string, size = 3): Promise<Record<string, string>[]> {
  const found: Record<string, string>[] = [];
  for await (const row of csv(chunks(content, size), 'x.csv')) found.push(row);
  return found;
}

describe('csv', () => {
  it.each([
    ['plain fields', 'a,b\n1,2\n', [{ a: '1', b: '2' }]],
    ['no line end at the end', 'a,b\n1,2', [{ a: '1', b: '2' }]],
    ['CRLF', 'a,b\r\n1,2\r\n', [{ a: '1', b: '2' }]],
    [
      'empty fields and empty lines',
      'a,b\n,\n\n\r\n"",x\n',
      [
        { a: '', b: '' },
        { a: '', b: 'x' },
      ],
    ],
    ['quotes, commas and line ends in quotes', 'a,b\n"x ""y"", z","1\r\n2"\n', [{ a: 'x "y", z', b: '1\r\n2' }]],
    ['a quote inside a plain field', 'a\n5" disk\n', [{ a: '5" disk' }]],
    ['a single quoted empty field', 'a\n""\n', [{ a: '' }]],
    ['a header only', 'a,b\n', []],
    ['nothing', '', []],
  ])('reads %s', async (_, content, expected) => {
    expect(await rows(content)).toEqual(expected);
  });

  it.each([
    ['a,b\n1\n', '"x.csv", line 2: the row has 1 fields, the header 2'],
    ['a,b\n"1\n\n",2\n1,2,3\n', '"x.csv", line 5: the row has 3 fields, the header 2'],
    ['a\n"x"y\n', '"x.csv", line 2: "y" after a closing quote'],
    ['a\n1\n"x\n\n', '"x.csv", line 3: a quoted field of this row never ends'],
    ['a,a\n1,2\n', '"x.csv", line 1: the header has "a" twice'],
  ])('refuses %j and says where', async (content, message) => {
    await expect(rows(content)).rejects.toMatchObject({ code: 'USAGE', message: `cannot read ${message}` });
  });

  it('gives back what was written, however it arrives', async () => {
    const field = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r\n', ' ', 'ü') });
    const quoted = (value: string) => `"${value.replaceAll('"', '""')}"`;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(field, field)), fc.integer({ min: 1, max: 9 }), async (table, size) => {
        const content = `x,y\n${table.map(row => `${row.map(quoted).join(',')}\n`).join('')}`;
        expect(await rows(content, size)).toEqual(table.map(([x, y]) => ({ x, y })));
      }),
    );
  });
});
