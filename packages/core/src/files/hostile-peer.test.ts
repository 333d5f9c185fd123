import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { fetchFiles } from './fetch-files.js';
import { sendFiles } from './send-files.js';
import { type FileLink, openFileLink } from './testing/file-link.js';

// Written out, not imported: a hostile peer keeps to no code of ours.
const type = {
  request: 1,
  entries: 2,
  listed: 3,
  decisions: 4,
  digest: 5,
  verdict: 6,
  small: 7,
  begin: 8,
  data: 9,
  hole: 10,
  end: 11,
  done: 12,
};
const top = 0x8000_0000;

function frame(kind: number, payload: Buffer = Buffer.alloc(0), length = payload.length): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32LE(length);
  head[4] = kind;
  return Buffer.concat([head, payload]);
}

function entry(kind: 0 | 1 | 2, place: number, name: string | Buffer = '', { target = '', size = 0 } = {}): Buffer {
  const head = Buffer.alloc(25);
  const bytes = Buffer.from(name);
  head[0] = kind;
  head.writeUInt32LE(place, 1);
  head.writeUInt16LE(0o755, 5);
  head.writeDoubleLE(size, 15);
  head.writeUInt16LE(bytes.length, 23);
  const rest = Buffer.alloc(2);
  rest.writeUInt16LE(target.length);
  return Buffer.concat([head, bytes, rest, Buffer.from(target)]);
}

function small(index: number, text: string): Buffer {
  const head = Buffer.alloc(14);
  head.writeUInt32LE(index);
  head.writeUInt16LE(0o644, 4);
  return frame(type.small, Buffer.concat([head, Buffer.from(text)]));
}

function begin(index: number, size: number): Buffer {
  const head = Buffer.alloc(22);
  head.writeUInt32LE(index);
  head.writeDoubleLE(size, 14);
  return frame(type.begin, head);
}

const folder = entry(0, top);
const list = (...entries: Buffer[]) => frame(type.entries, Buffer.concat(entries));
const finish = Buffer.concat([frame(type.listed), frame(type.done)]);

/** What a hostile sender sends, and whether the receiver must refuse it. */
const attacks: readonly [string, Buffer][] = [
  ['a name that goes up', Buffer.concat([list(folder, entry(1, 0, '..')), small(1, 'x'), finish])],
  ['a name with a way in it', Buffer.concat([list(folder, entry(1, 0, '../outside/x')), small(1, 'x'), finish])],
  ['an absolute name', Buffer.concat([list(folder, entry(1, 0, '/tmp/megalith-hostile')), small(1, 'x'), finish])],
  ['a name with NUL', list(folder, entry(1, 0, 'a\0b'))],
  ['an empty name', list(folder, entry(1, 0, ''))],
  ['the folder itself', list(folder, entry(0, 0, '.'))],
  ['a name of our own unfinished files', list(folder, entry(0, 0, '.megalith-parts-1-1-x'))],
  [
    'a file inside a link',
    Buffer.concat([list(folder, entry(2, 0, 'l', { target: '../outside' }), entry(1, 1, 'x')), small(2, 'x')]),
  ],
  ['a file inside a folder never listed', list(folder, entry(1, 7, 'x'))],
  ['a second top of one tree', list(folder, entry(2, top, '', { target: '/etc' }))],
  ['a tree that nobody asked for', list(entry(0, top + 5))],
  ['a link at the top, then its inside', list(entry(2, top, '', { target: '../outside' }), entry(1, 0, 'x'))],
  ['a file that was not listed', Buffer.concat([list(folder), small(3, 'x')])],
  ['a file twice', Buffer.concat([list(folder, entry(1, 0, 'x')), small(1, 'x'), small(1, 'y')])],
  ['pieces of no file', frame(type.data, Buffer.from('x'))],
  [
    'more bytes than announced',
    Buffer.concat([list(folder, entry(1, 0, 'x', { size: 3 })), begin(1, 3), frame(type.data, Buffer.from('xxxx'))]),
  ],
  [
    'fewer bytes than announced',
    Buffer.concat([
      list(folder, entry(1, 0, 'x', { size: 3 })),
      begin(1, 3),
      frame(type.data, Buffer.from('x')),
      frame(type.end, Buffer.from([1])),
    ]),
  ],
  ['a negative size', list(folder, entry(1, 0, 'x', { size: -1 }))],
  ['an end before everything is there', Buffer.concat([list(folder, entry(1, 0, 'x', { size: 3 })), finish])],
  ['a list cut in the middle', frame(type.entries, folder.subarray(0, 20))],
  ['a frame without end', frame(type.data, Buffer.from('x'), 0xffff_ffff)],
  ['a frame of no kind', frame(99)],
  ['a receiver’s frame', frame(type.verdict, Buffer.alloc(5))],
];

let link: FileLink;
afterEach(() => link.close());

/** A far side that waits for the request and answers so. */
function answers(bytes: Buffer) {
  return async (socket: Socket) => {
    socket.once('data', () => socket.write(bytes));
    socket.on('error', () => socket.destroy()).on('end', () => socket.destroy());
    await new Promise(resolve => socket.once('close', resolve));
  };
}

function expectUntouched() {
  expect(readdirSync(join(link.folder, 'outside'))).toEqual(['x']);
  expect(existsSync('/tmp/megalith-hostile')).toBe(false);
  for (const side of ['near', 'far'] as const) {
    if (!existsSync(link[side])) continue;
    const left = readdirSync(link[side], { recursive: true, encoding: 'utf8' });
    expect(left.filter(name => name.includes('megalith-parts'))).toEqual([]);
  }
}

function layOutside() {
  mkdirSync(join(link.folder, 'outside'));
  writeFileSync(join(link.folder, 'outside/x'), 'old');
}

test.each(attacks)('a far side that sends %s gets nowhere', async (_what, bytes) => {
  link = await openFileLink(answers(bytes));
  layOutside();
  const stream = await link.open();
  const fetch = fetchFiles(stream, [{ path: 'a', dest: join(link.near, 'a') }]);
  await expect(fetch).rejects.toMatchObject({ code: 'PROTOCOL' });
  expectUntouched();
});

test.each(attacks)('a client that sends %s gets nowhere', async (_what, bytes) => {
  link = await openFileLink();
  layOutside();
  const stream = await link.open();
  stream.resume().on('end', () => stream.end());
  stream.write(frame(type.request, Buffer.from(JSON.stringify({ version: 1, deed: 'put', paths: ['a'] }))));
  stream.write(bytes);
  await new Promise(resolve => stream.once('close', resolve));
  expect(await link.ended()).toMatchObject({ code: 'PROTOCOL' });
  expectUntouched();
});

test.each(['..', '../outside', '/etc', 'a/../../outside', 'a\0b'])(
  'a client that asks for %j gets nothing',
  async path => {
    for (const deed of ['put', 'get']) {
      link = await openFileLink();
      const stream = await link.open();
      stream.resume().on('end', () => stream.end());
      stream.write(frame(type.request, Buffer.from(JSON.stringify({ version: 1, deed, paths: [path] }))));
      await new Promise(resolve => stream.once('close', resolve));
      expect(await link.ended()).toMatchObject({ code: 'USAGE' });
      expect(readdirSync(link.far)).toEqual([]);
      if (deed === 'put') await link.close();
    }
  },
);

test.each([
  ['wants what is no file', frame(type.decisions, Buffer.from([1]))],
  ['decides about more than there is', frame(type.decisions, Buffer.alloc(100))],
  ['judges what it did not ask', frame(type.verdict, Buffer.alloc(5))],
  ['sends files itself', small(0, 'x')],
  ['speaks another language', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
])('a far side that %s ends the sending', async (_what, bytes) => {
  link = await openFileLink(answers(bytes));
  mkdirSync(link.near);
  writeFileSync(join(link.near, 'x'), 'x');
  const send = sendFiles(await link.open(), [{ path: link.near, dest: 'a' }]);
  await expect(send).rejects.toMatchObject({ code: 'PROTOCOL' });
});

const isRoot = process.getuid?.() === 0;
test.skipIf(!isRoot)('a full disk over there is named, and nothing is left half written', async () => {
  link = await openFileLink();
  mkdirSync(link.near);
  mkdirSync(link.far);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', link.far]);
  try {
    writeFileSync(join(link.near, 'big'), Buffer.alloc(16 * 1024 * 1024, 1));
    writeFileSync(join(link.near, 'a'), 'a');
    const send = sendFiles(await link.open(), [{ path: link.near, dest: 'x' }]);
    await expect(send).rejects.toMatchObject({ code: 'DISK_FULL', hint: expect.stringContaining('free some space') });
    expect(await link.ended()).toMatchObject({ code: 'DISK_FULL' });
    expect(readdirSync(link.far)).toEqual(['x']);
    expect(existsSync(join(link.far, 'x/big'))).toBe(false);
  } finally {
    execFileSync('umount', [link.far]);
  }
});
