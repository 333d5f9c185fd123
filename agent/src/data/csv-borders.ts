import { CsvEnd } from './csv-end.js';
import { type CsvOptions, csvStyle } from './csv-style.js';

/**
 * Where an object of CSV is cut: beginnings of records, each the first that is at least `chunkBytes` behind the one before, so that no border is
 * between quotes. It takes the object from its first byte to its last, for only that tells what is between quotes.
 * @throws MegalithError USAGE for a style that can't be
 */
export async function* csvBorders(
  chunks: AsyncIterable<Uint8Array>,
  chunkBytes: number,
  options: CsvOptions = {},
): AsyncGenerator<number> {
  const end = new CsvEnd(csvStyle(options), true);
  let at = 0;
  let next = chunkBytes;
  /** It is one only if something follows. */
  let border: number | undefined;
  for await (const { buffer, byteOffset, byteLength } of chunks) {
    const chunk = Buffer.from(buffer, byteOffset, byteLength);
    if (border !== undefined && byteLength > 0) {
      yield border;
      border = undefined;
    }
    for (let found = end.find(chunk, 0); found >= 0; found = end.find(chunk, found)) {
      if (at + found < next) continue;
      next = at + found + chunkBytes;
      if (found < byteLength) yield at + found;
      else border = at + found;
    }
    at += byteLength;
  }
}
