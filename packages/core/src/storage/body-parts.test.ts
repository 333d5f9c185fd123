import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type BodyPart, bodyParts } from './body-parts.js';

const sizeOf = (number: number) => 5 + Math.floor(number / 3);

async function* inChunks(bytes: Uint8Array, lengths: readonly number[]): AsyncGenerator<Uint8Array> {
  const reused = new Uint8Array(50);
  let at = 0;
  for (const length of lengths) {
    const chunk = reused.subarray(0, Math.min(length, bytes.length - at));
    chunk.set(bytes.subarray(at, at + chunk.length));
    at += chunk.length;
    yield chunk;
  }
  yield bytes.subarray(at);
}

test('parts are a body, in order, all full but the last', async () => {
  const body = fc.uint8Array({ maxLength: 120 });
  const lengths = fc.array(fc.nat(50), { maxLength: 10 });
  await fc.assert(
    fc.asyncProperty(body, lengths, fc.boolean(), async (bytes, chunks, isArray) => {
      const parts: BodyPart[] = [];
      for await (const part of bodyParts(isArray ? bytes : inChunks(bytes, chunks), sizeOf)) parts.push(part);
      expect(Buffer.concat(parts.map(part => part.bytes))).toEqual(Buffer.from(bytes));
      expect(parts.map(part => part.number)).toEqual(parts.map((_, at) => at + 1));
      expect(parts.map(part => part.isLast)).toEqual(parts.map((_, at) => at === parts.length - 1));
      for (const { number, bytes: filled, isLast } of parts) {
        if (!isLast) expect(filled.length).toBe(sizeOf(number));
        else expect(filled.length > 0 || parts.length === 1).toBe(true);
      }
    }),
  );
});
