import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import type { DataPart } from './data-part.js';
import { openPart } from './open-part.js';

const folder = mkdtempSync(join(tmpdir(), 'megalith-part-file-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const { signal } = new AbortController();
const content = Uint8Array.from({ length: 100 }, (_, i) => i);
const file = join(folder, 'object');
writeFileSync(file, content);
const part: DataPart = {
  megalith: 'part',
  from: { file },
  name: 'object',
  start: 10,
  end: 20,
  bytes: 100,
  part: 1,
  format: { type: 'parquet', rows: [3, 5] },
};

test('the file of a part is the whole object, and slices as a buffer does', async () => {
  const opened = await openPart(part, signal).file();
  expect(opened.byteLength).toBe(100);
  const offset = fc.integer({ min: -130, max: 130 });
  await fc.assert(
    fc.asyncProperty(offset, fc.option(offset, { nil: undefined }), async (start, end) => {
      expect(new Uint8Array(await opened.slice(start, end))).toEqual(content.slice(start, end));
    }),
  );
});

test('an object that is shorter now is refused, and one whose size nobody knows is no file', async () => {
  const longer = await openPart({ ...part, bytes: 101 }, signal).file();
  await expect(longer.slice(90)).rejects.toMatchObject({ code: 'DATA_CHANGED' });
  const { bytes: _, ...unknown } = part;
  await expect(openPart(unknown, signal).file()).rejects.toMatchObject({ code: 'USAGE' });
});

test('Parquet has no lines by itself, but the bytes of its part', async () => {
  const opened = openPart(part, signal);
  await expect(
    (async () => {
      for await (const _ of opened.lines());
    })(),
  ).rejects.toMatchObject({ code: 'USAGE' });
  expect(Buffer.from(await opened.bytes())).toEqual(Buffer.from(content.subarray(10, 20)));
});

test.each([[[5, 3]], [[0]], ['all'], [[0, 1.5]]])('the rows %j are none', rows => {
  const wrong = { ...part, format: { type: 'parquet', rows } } as unknown as DataPart;
  expect(() => openPart(wrong, signal)).toThrow(expect.objectContaining({ code: 'USAGE' }));
});
