import { expect, it } from 'vitest';
import { all } from './cut-object.fixture.js';
import type { Piece } from './part-pieces.js';
import { lineCutter, recordBlocks } from './record-blocks.js';

async function* pieces(...texts: readonly string[]): AsyncGenerator<Piece> {
  let at = 0;
  for (const text of texts) {
    const bytes = Buffer.from(text);
    yield { at, bytes };
    at += bytes.length;
  }
}

it('gives whole records wherever the pieces end, of those that span several too', async () => {
  const blocks = await all(recordBlocks(pieces('a\nb', 'b', 'b\nc\nd', 'd'), lineCutter, 'object', 100));
  expect(blocks.map(({ at, bytes }) => [at, bytes.toString()])).toEqual([
    [0, 'a\n'],
    [2, 'bbb\n'],
    [6, 'c\n'],
    [8, 'dd'],
  ]);
});

it('takes a newline of two characters that spans two pieces for one', async () => {
  const blocks = await all(recordBlocks(pieces('a\r', '\nb\r', 'c'), lineCutter, 'object', 100));
  expect(blocks.map(({ bytes }) => bytes.toString())).toEqual(['a\r\n', 'b\rc']);
});

it('gives up a record that is too long before it has all of it', async () => {
  const unending = async function* () {
    for (let at = 0; ; at += 10) yield { at, bytes: Buffer.from(at === 0 ? 'short\nlong' : '..........') };
  };
  await expect(all(recordBlocks(unending(), lineCutter, 'object', 100))).rejects.toMatchObject({
    code: 'OVER_MEMORY',
    message: 'the record at byte 6 of "object" is longer than 100 bytes',
  });
});
