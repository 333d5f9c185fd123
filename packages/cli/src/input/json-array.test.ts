import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonArray } from './json-array.js';

async function* chunks(content: string, size: number): AsyncGenerator<string> {
  for (let i = 0; i < content.length; i += size) yield content.slice(i, i + size);
}

async function elements(content: string, size = 4): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const element of jsonArray(chunks(content, size), 'x.json')) found.push(element);
  return found;
}

describe('jsonArray', () => {
  it('gives what JSON.parse gives, however the text arrives', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.jsonValue()),
        fc.integer({ min: 1, max: 9 }),
        fc.boolean(),
        async (array, size, indent) => {
          const content = JSON.stringify(array, undefined, indent ? 2 : 0);
          expect(await elements(content, size)).toEqual(JSON.parse(content));
        },
      ),
    );
  });

  it.each([
    ['', 'cannot read "x.json": it is empty'],
    ['{"a":1}', 'cannot read "x.json", line 1: it is not a JSON array'],
    ['[1,2', 'cannot read "x.json": the array never ends'],
    ['[1] 2', 'cannot read "x.json", line 1: "2" after the end of the array'],
  ])('refuses %j', async (content, message) => {
    await expect(elements(content)).rejects.toMatchObject({ code: 'USAGE', message });
  });

  it.each(['[1,]', '[,1]', '[1 2]', '[{]}]', '[1,\n\n}]'])('refuses %j and names the element', async content => {
    await expect(elements(content)).rejects.toThrow(/"x\.json", line \d: element \d is not JSON/);
  });
});
