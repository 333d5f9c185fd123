import {
  appendFileSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { readdir, readlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { all } from './cut-object.fixture.js';
import type { DataPart, PartFormat } from './data-part.js';
import { openPart } from './open-part.js';

const folder = mkdtempSync(join(tmpdir(), 'file-source-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const unending = new AbortController().signal;

function written(name: string, content: string | Buffer): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}

function partsOfFile(file: string, chunkBytes: number, format: PartFormat = { type: 'lines' }): DataPart[] {
  const { size, mtimeNs } = statSync(file, { bigint: true });
  const bytes = Number(size);
  return Array.from({ length: Math.max(1, Math.ceil(bytes / chunkBytes)) }, (_, part) => ({
    megalith: 'part',
    from: { file },
    name: file,
    start: part * chunkBytes,
    end: Math.min(bytes, (part + 1) * chunkBytes),
    bytes,
    version: `${size}-${mtimeNs}`,
    part,
    format,
  }));
}

/** Lines of 0 to 200 kB, with every kind of newline and characters of several bytes, 12 MB. */
function mixedLines(): string[] {
  const newlines = ['\n', '\r\n', '\r', '\n'];
  const lines: string[] = [];
  for (let i = 0; i < 40_000; i++) {
    const length = i % 1000 === 999 ? 200_000 : (i * 7919) % 150;
    lines.push(`${'é€a'.repeat(length / 6)}${i % 10 === 0 ? '' : i}${newlines[(i * 31) % 4]}`);
  }
  return lines;
}

it('reads a file in parts of any size, with lines longer than a part, and loses nothing', async () => {
  const text = mixedLines().join('');
  const file = written('mixed.txt', text);
  const expected = text.split(/\r\n|\n|\r/).slice(0, -1);
  for (const chunkBytes of [100_003, 1_500_007, 1e9]) {
    const parts = partsOfFile(file, chunkBytes).map(part => openPart(part, unending));
    const lines: string[] = [];
    const bytes: Uint8Array[] = [];
    let records = 0;
    for (const part of parts) {
      for await (const chunk of part.lineChunks()) for (const line of chunk) lines.push(line);
      bytes.push(await part.bytes());
      for await (const record of part.records()) records += record.length >= 0 ? 1 : 0;
    }
    expect(Buffer.concat(bytes).equals(Buffer.from(text))).toBe(true);
    expect(records).toBe(expected.length);
    expect(lines.length).toBe(expected.length);
    expect(lines.every((line, at) => line === expected[at])).toBe(true);
  }
});

it('reads files of no byte and of one', async () => {
  for (const [content, lines] of [
    ['', []],
    ['a', ['a']],
    ['\n', ['']],
    ['\r', ['']],
  ] as const) {
    const [part] = partsOfFile(written('small.txt', content), 10);
    expect(await all(openPart(part!, unending).lines())).toEqual(lines);
  }
});

it('says of a file that changed that it changed, before or while it is read', async () => {
  const before = written('before.txt', 'a\nb\n');
  const [stale] = partsOfFile(before, 10);
  utimesSync(before, 1, 1);
  await expect(openPart(stale!, unending).bytes()).rejects.toMatchObject({ code: 'DATA_CHANGED' });

  const during = written('during.txt', 'line\n'.repeat(1_000_000));
  const [part] = partsOfFile(during, 1e9);
  const { version: _, bytes: __, ...unversioned } = { ...part!, end: Number.MAX_SAFE_INTEGER };
  for (const [opened, change] of [
    [openPart(part!, unending), () => appendFileSync(during, 'more\n')],
    [openPart(unversioned, unending), () => truncateSync(during, 3_000_000)],
  ] as const) {
    const reading = async () => {
      let chunks = 0;
      for await (const chunk of opened.stream()) if (chunk.length > 0 && ++chunks === 1) change();
    };
    await expect(reading()).rejects.toMatchObject({ code: 'DATA_CHANGED', message: expect.stringContaining(during) });
  }
});

it('says what is missing, what is no file, and what is shorter than it was', async () => {
  const [part] = partsOfFile(written('gone.txt', 'a\nb\n'), 10);
  rmSync(join(folder, 'gone.txt'));
  await expect(openPart(part!, unending).bytes()).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(openPart({ ...part!, from: { file: folder } }, unending).bytes()).rejects.toMatchObject({
    code: 'USAGE',
  });
  const { version: _, ...shorter } = part!;
  const short = written('short.txt', 'a\n');
  await expect(openPart({ ...shorter, from: { file: short } }, unending).bytes()).rejects.toMatchObject({
    code: 'DATA_CHANGED',
    message: expect.stringContaining('it ends at byte 2 now, not at 4'),
  });
});

async function openFiles(name: string): Promise<number> {
  const links = await Promise.all(
    (await readdir('/proc/self/fd')).map(fd => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
  );
  return links.filter(link => link.endsWith(name)).length;
}

it('closes a file when its loop is left, and with its signal one that nobody reads on', async () => {
  const file = written('left.txt', 'line\n'.repeat(1_000_000));
  symlinkSync(file, join(folder, 'link.txt'));
  const [part] = partsOfFile(file, 1e9);
  const task = new AbortController();
  const opened = openPart({ ...part!, from: { file: join(folder, 'link.txt') } }, task.signal);
  for await (const line of opened.lines()) {
    expect(line).toBe('line');
    break;
  }
  expect(await openFiles('left.txt')).toBe(0);
  const reading = opened.stream()[Symbol.asyncIterator]();
  await reading.next();
  expect(await openFiles('left.txt')).toBe(1);
  task.abort();
  await expect.poll(() => openFiles('left.txt'), { timeout: 10_000 }).toBe(0);
  await expect(reading.next().then(() => reading.next())).rejects.toMatchObject({ code: 'CANCELLED' });
  await expect(all(opened.lines())).rejects.toMatchObject({ code: 'CANCELLED' });
});
