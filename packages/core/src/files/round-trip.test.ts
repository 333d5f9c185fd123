import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fetchFiles } from './fetch-files.js';
import { sendFiles } from './send-files.js';
import { type FileLink, openFileLink } from './testing/file-link.js';
import { anyFolder, described, plant } from './testing/tree.js';

let link: FileLink;
beforeEach(async () => {
  link = await openFileLink();
  mkdirSync(link.near);
});
afterEach(() => link.close());

test('any tree goes there and comes back as it was, and is not sent twice', async () => {
  let run = 0;
  const stream = await link.open();
  await fc.assert(
    fc.asyncProperty(anyFolder, async tree => {
      const source = join(link.near, `source${run}`);
      const back = join(link.near, `back${run}`);
      const dest = `in/${run++}`;
      plant(tree, Buffer.from(source));
      const sent = await sendFiles(stream, [{ path: source, dest }]);
      const expected = described(source);
      expect(described(join(link.far, dest))).toEqual(expected);
      const fetched = await fetchFiles(stream, [{ path: dest, dest: back }]);
      expect(described(back)).toEqual(expected);
      expect(fetched).toEqual(sent);
      expect(sent.skipped).toBe(0);
      const nothing = { files: 0, bytes: 0, skipped: sent.files };
      expect(await sendFiles(stream, [{ path: source, dest }])).toEqual(nothing);
      expect(await fetchFiles(stream, [{ path: dest, dest: back }])).toEqual(nothing);
      expect(described(back)).toEqual(expected);
      expect(readdirSync(link.far)).toEqual(['in']);
    }),
    { numRuns: 25 },
  );
});

test('what changed is sent again, and a new time alone is not', async () => {
  const stream = await link.open();
  const source = join(link.near, 'source');
  mkdirSync(source);
  for (const name of ['same', 'touched', 'changed', 'longer']) writeFileSync(join(source, name), name.repeat(100));
  const inputs = [{ path: source, dest: 'x' }];
  await sendFiles(stream, inputs);
  utimesSync(join(source, 'touched'), 1_000, 1_000);
  writeFileSync(join(source, 'changed'), 'CHANGED'.repeat(100));
  utimesSync(join(source, 'changed'), 1_000, 1_000);
  writeFileSync(join(source, 'longer'), 'longer'.repeat(200));
  expect(await sendFiles(stream, inputs)).toEqual({ files: 2, bytes: 1_900, skipped: 2 });
  expect(described(join(link.far, 'x'))).toEqual(described(source));
});

test('files go where they are named', async () => {
  const stream = await link.open();
  writeFileSync(join(link.near, 'a.fa'), 'ACGT');
  mkdirSync(join(link.near, 'd/e'), { recursive: true });
  symlinkSync('d', join(link.near, 'to-d'));
  const a = join(link.near, 'a.fa');
  await sendFiles(stream, [
    { path: a, dest: 'a.fa' },
    { path: a, dest: 'in/' },
    { path: a, dest: 'deep/er/b.fa' },
    { path: join(link.near, 'to-d'), dest: 'd' },
  ]);
  for (const path of ['a.fa', 'in/a.fa', 'deep/er/b.fa', 'd/e']) expect(existsSync(join(link.far, path))).toBe(true);
  const out = join(link.near, 'out');
  await fetchFiles(stream, [
    { path: 'a.fa', dest: join(out, 'c.fa') },
    { path: 'deep/er/b.fa', dest: `${out}/into/` },
    { path: 'in/', dest: join(out, 'results') },
  ]);
  for (const path of ['c.fa', 'into/b.fa', 'results/a.fa']) expect(readFileSync(join(out, path), 'utf8')).toBe('ACGT');
});

test('nothing is written through a link that lies in the way', async () => {
  const stream = await link.open();
  const source = join(link.near, 'source');
  mkdirSync(join(source, 'sub'), { recursive: true });
  writeFileSync(join(source, 'sub/file'), 'new');
  const outside = join(link.folder, 'outside');
  mkdirSync(outside);
  writeFileSync(join(outside, 'file'), 'old');
  mkdirSync(join(link.far, 'x'), { recursive: true });
  symlinkSync(outside, join(link.far, 'x/sub'));
  symlinkSync(outside, join(link.far, 'y'));
  await sendFiles(stream, [
    { path: source, dest: 'x' },
    { path: source, dest: 'y' },
  ]);
  expect(readFileSync(join(outside, 'file'), 'utf8')).toBe('old');
  expect(readdirSync(outside)).toEqual(['file']);
  expect(described(join(link.far, 'x'))).toEqual(described(source));
});

test('outputs that are missing or no files do not keep the others from coming', async () => {
  const stream = await link.open();
  mkdirSync(join(link.far, 'asm'), { recursive: true });
  writeFileSync(join(link.far, 'asm/a'), 'a');
  execFileSync('mkfifo', [join(link.far, 'asm/pipe')]);
  const dest = join(link.near, 'asm');
  const fetch = fetchFiles(stream, [
    { path: 'gone', dest: join(link.near, 'gone') },
    { path: 'asm/', dest },
  ]);
  await expect(fetch).rejects.toMatchObject({ code: 'NOT_FOUND', message: expect.stringContaining('"gone"') });
  expect(readdirSync(dest)).toEqual(['a']);
  await expect(fetchFiles(stream, [{ path: 'asm', dest }])).rejects.toMatchObject({
    code: 'USAGE',
    message: expect.stringContaining('pipe" is a fifo'),
  });
});

test('a fifo among the inputs is refused, with its name', async () => {
  execFileSync('mkfifo', [join(link.near, 'pipe')]);
  const send = sendFiles(await link.open(), [{ path: link.near, dest: 'x' }]);
  await expect(send).rejects.toMatchObject({ code: 'USAGE', message: expect.stringContaining('pipe" is a fifo') });
  expect(await link.ended()).toMatchObject({ code: 'USAGE' });
  expect(readdirSync(link.far).filter(name => name.startsWith('.'))).toEqual([]);
});

test('a job’s link out of its folder is no output, and one inside is', async () => {
  mkdirSync(join(link.far, 'real'), { recursive: true });
  symlinkSync('real', join(link.far, 'alias'));
  symlinkSync(link.near, join(link.far, 'out'));
  const dest = join(link.near, 'dest');
  await fetchFiles(await link.open(), [{ path: 'alias', dest }]);
  expect(readdirSync(dest)).toEqual([]);
  await expect(fetchFiles(await link.open(), [{ path: 'out', dest }])).rejects.toMatchObject({ code: 'USAGE' });
  await expect(fetchFiles(await link.open(), [{ path: 'out/x', dest }])).rejects.toMatchObject({
    code: expect.stringMatching(/USAGE|NOT_FOUND/),
  });
});

test('ignore files keep their names at home', async () => {
  const source = join(link.near, 'source');
  mkdirSync(join(source, 'sub/tmp'), { recursive: true });
  for (const name of ['a.log', 'keep.log', 'sub/b.log', 'sub/tmp/c', 'sub/d']) writeFileSync(join(source, name), name);
  writeFileSync(join(source, '.megalithignore'), '*.log\n!keep.log\ntmp/\n');
  writeFileSync(join(source, 'sub/.megalithignore'), '!b.log\n/d\n');
  await sendFiles(await link.open(), [{ path: source, dest: 'x' }]);
  const seen = readdirSync(join(link.far, 'x'), { recursive: true, encoding: 'utf8' }).sort();
  expect(seen).toEqual(['.megalithignore', 'keep.log', 'sub', 'sub/.megalithignore', 'sub/b.log']);
});

test('cancelling ends both sides and leaves nothing half written', async () => {
  const source = join(link.near, 'big');
  writeFileSync(source, Buffer.alloc(64 * 1024 * 1024, 1));
  const abort = new AbortController();
  const send = sendFiles(await link.open(), [{ path: source, dest: 'big' }], {
    signal: abort.signal,
    onProgress: sent => {
      if (sent > 8 * 1024 * 1024) abort.abort();
    },
  });
  await expect(send).rejects.toMatchObject({ code: 'CANCELLED' });
  await link.ended();
  expect(readdirSync(link.far)).toEqual([]);
  rmSync(source);
});

test('a far side that says nothing is given up', async () => {
  const silent = await openFileLink(() => new Promise(() => undefined));
  try {
    const fetch = fetchFiles(await silent.open(), [{ path: 'a', dest: silent.near }], { silenceMs: 100 });
    await expect(fetch).rejects.toMatchObject({ code: 'TIMED_OUT' });
  } finally {
    await silent.close();
  }
});

test('a file that changes while it is read is read once more, and is an error the second time', async () => {
  const source = join(link.near, 'log');
  writeFileSync(source, Buffer.alloc(8_000_000, 1));
  const grows = (times: number) => {
    let left = times;
    let before = 0;
    return async () =>
      sendFiles(await link.open(), [{ path: source, dest: 'log' }], {
        onProgress: sent => {
          // Its bytes begin to flow: the first time, and again when they were taken back.
          if (sent > 0 && before === 0 && left-- > 0) appendFileSync(source, 'more');
          before = sent;
        },
      });
  };
  await expect(grows(2)()).rejects.toMatchObject({ code: 'USAGE', message: expect.stringContaining('changes') });
  await link.ended();
  expect(readdirSync(link.far)).toEqual([]);
  expect(await grows(1)()).toEqual({ files: 1, bytes: 8_000_012, skipped: 0 });
  expect(readFileSync(join(link.far, 'log')).equals(readFileSync(source))).toBe(true);
});

test('a tree of more entries than may be open at a time travels whole', async () => {
  const source = join(link.near, 'many');
  mkdirSync(source);
  for (let index = 0; index < 17_000; index++) writeFileSync(join(source, `${index}`), '');
  const report = await sendFiles(await link.open(), [{ path: source, dest: 'many' }]);
  expect(report).toEqual({ files: 17_000, bytes: 0, skipped: 0 });
  expect(readdirSync(join(link.far, 'many'))).toHaveLength(17_000);
});
