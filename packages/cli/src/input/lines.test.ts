import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lines } from './lines.js';
import { text } from './text.js';

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of source) found.push(item);
  return found;
}

/** The bytes of `content` in pieces of the sizes given, in turn. */
function* pieces(content: string, sizes: readonly number[]): Generator<Uint8Array> {
  const bytes = Buffer.from(content);
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length]!;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

describe('lines', () => {
  it.each([
    ['', []],
    ['\n', ['']],
    ['a', ['a']],
    ['a\nb\n', ['a', 'b']],
    ['a\n\nb', ['a', '', 'b']],
    ['a\r\nb\r\n', ['a', 'b']],
    ['\ufeffa\n', ['a']],
  ])('cuts %j', async (content, expected) => {
    expect(await all(lines(text([Buffer.from(content)], 'x')))).toEqual(expected);
  });

  it('cuts at NUL and then leaves line ends alone', async () => {
    expect(await all(lines(text([Buffer.from('a\r\n\0b\r\0')], 'x'), '\0'))).toEqual(['a\r\n', 'b\r']);
  });

  it('gives the same lines however the bytes arrive, also inside a character', async () => {
    const line = fc.string({ unit: 'binary' }).map(s => s.toWellFormed().replace(/[\r\n\ufeff]/g, 'é'));
    await fc.assert(
      fc.asyncProperty(
        fc.array(line),
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
        async (expected, sizes) => {
          const content = expected.map(one => `${one}\n`).join('');
          expect(await all(lines(text(pieces(content, sizes), 'x')))).toEqual(expected);
        },
      ),
    );
  });

  it('refuses what is not UTF-8 and names the source', async () => {
    await expect(all(lines(text([Buffer.from([0x61, 0xff, 0x0a])], 'bad.txt')))).rejects.toMatchObject({
      code: 'USAGE',
      message: 'cannot read "bad.txt": it is not UTF-8 text',
    });
  });

  it('reads no further than it is asked', async () => {
    let taken = 0;
    const endless = (function* () {
      for (;;) {
        taken++;
        yield Buffer.from('a\n');
      }
    })();
    const iterator = lines(text(endless, 'x'))[Symbol.asyncIterator]();
    await iterator.next();
    await iterator.next();
    expect(taken).toBeLessThanOrEqual(2);
  });
});
