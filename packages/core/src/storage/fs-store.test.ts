import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { FsRecords, keyHash } from '@megalith/agent';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findObject, openObject } from './fs-find.js';
import { FsStore } from './fs-store.js';
import type { StoredObject } from './storage.js';

let folder: string;
let store: FsStore;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'megalith-fs-'));
  store = new FsStore(folder);
});
afterEach(() => rm(folder, { recursive: true }));

const bytes = (text: string) => new TextEncoder().encode(text);
const pieces = () => readdirSync(join(folder, '.megalith/tmp'));
const records = () =>
  readdirSync(join(folder, '.megalith/about'), { recursive: true }).filter(name => String(name).includes('.'));

async function keys(): Promise<string[]> {
  const all: StoredObject[] = [];
  for await (const object of store.list()) all.push(object);
  return all.map(({ key }) => key);
}

/** Runs a program with a store of this folder, and kills it when it has said something for the n-th time. */
async function killAfter(words: number, program: string): Promise<void> {
  const module = JSON.stringify(new URL('./fs-store.ts', import.meta.url).href);
  const text = `import { FsStore } from ${module}; const store = new FsStore(${JSON.stringify(folder)}); ${program}`;
  const loader = import.meta.resolve('tsx');
  const writer = spawn(process.execPath, ['--import', loader, '--input-type=module', '-e', text], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise(resolve => writer.once('exit', resolve));
  let said = 0;
  writer.stdout!.on('data', (chunk: Buffer) => {
    said += chunk.toString().split('\n').length - 1;
    if (said >= words) writer.kill('SIGKILL');
  });
  await ended;
  expect(said).toBeGreaterThanOrEqual(words);
}

function killWriter(key: string, ifAbsent: boolean): Promise<void> {
  const program = `
    async function* body() {
      yield Buffer.alloc(3_000_000, 1);
      console.log('begun');
      await new Promise(resolve => setTimeout(resolve, 600_000));
    }
    await store.put(${JSON.stringify(key)}, body(), { label: 'restricted', ifAbsent: ${ifAbsent} });
  `;
  return killAfter(1, program);
}

test.each([3, 10, 40])(
  'whenever a writer is killed (after %i puts), its objects are whole and have their own label',
  async puts => {
    const program = `
    for (let n = 0; ; n++) {
      const label = ['public', 'restricted'][n % 2];
      await store.put('same', Buffer.from(label.padEnd(200_000, ' ')), { label });
      await store.put('new/' + n, Buffer.from(label), { label, ifAbsent: true });
      console.log(n);
    }
  `;
    await killAfter(puts, program);
    await store.put('mine', bytes('x'));
    expect(pieces()).toEqual([]);
    for (const key of await keys()) {
      if (key === 'mine') continue;
      const { object } = await store.get(key);
      expect(readFileSync(join(folder, key), 'utf8').trim()).toBe(object.label);
    }
  },
);

test('a writer that is killed leaves no object, and what it had begun is swept', async () => {
  await store.put('old', bytes('as it was'), { label: 'public' });
  await Promise.all([killWriter('new', true), killWriter('old', false)]);
  expect(pieces()).not.toEqual([]);
  expect(await keys()).toEqual(['old']);
  expect(await store.head('old')).toMatchObject({ bytes: 9, label: 'public' });
  await new FsStore(folder).put('another', bytes('x'));
  expect(pieces()).toEqual([]);
  expect(records()).toHaveLength(2);
});

test('what a living process writes, and what another machine wrote a while ago, is not swept', async () => {
  let goOn: () => void = () => undefined;
  const waiting = new Promise<void>(resolve => {
    goOn = resolve;
  });
  const slow = store.put(
    'slow',
    (async function* () {
      yield bytes('half');
      await waiting;
    })(),
  );
  await store.put('first', bytes('x'));
  while (pieces().length === 0) await new Promise(setImmediate);
  const foreign = (name: string, ageMs: number) => {
    const path = join(folder, '.megalith/tmp', `${'a'.repeat(40)}.00000000.1.1.${name}`);
    writeFileSync(path, 'x');
    utimesSync(path, new Date(Date.now() - ageMs), new Date(Date.now() - ageMs));
  };
  foreign('00000001', 3600_000);
  foreign('00000002', 25 * 3600_000);
  writeFileSync(join(folder, '.megalith/tmp/what is this'), 'x');
  await new FsStore(folder).put('another', bytes('x'));
  expect(pieces().filter(name => name.endsWith('00000001'))).toHaveLength(1);
  expect(pieces().filter(name => name.endsWith('00000002'))).toHaveLength(0);
  goOn();
  expect(await slow).toMatchObject({ bytes: 4 });
});

test('an object whose writer died between its two names keeps its record', async () => {
  await store.put('a', bytes('x'), { label: 'restricted', ifAbsent: true });
  const machine = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
  const nobody = 2 ** 22 + 1;
  linkSync(join(folder, 'a'), join(folder, '.megalith/tmp', `${keyHash('a')}.${machine}.${nobody}.1.00000000`));
  await new FsStore(folder).put('another', bytes('x'));
  expect(pieces()).toEqual([]);
  expect(await store.head('a')).toMatchObject({ label: 'restricted' });
});

test('an object that is replaced while it is looked at is looked at anew', async () => {
  await store.put('a', bytes('public'), { label: 'public' });
  for (const find of [findObject, openObject]) {
    const racing = new FsRecords(folder);
    const read = racing.read.bind(racing);
    let isFirst = true;
    racing.read = async (...args) => {
      if (isFirst) await store.put('a', bytes('restricted'), { label: 'restricted' });
      isFirst = false;
      return read(...args);
    };
    const found = await find(folder, racing, 'a', new AbortController().signal);
    const object = found && 'object' in found ? found.object : found;
    if (found && 'file' in found) await found.file.close();
    expect(object).toMatchObject({ label: 'restricted', bytes: 10 });
  }
});

test('each object has one record, and none is left of those that are gone', async () => {
  for (let n = 0; n < 5; n++) await store.put('a/b', bytes(`${n}`), { label: 'internal' });
  await store.put('c', bytes('x'), { ifAbsent: true });
  await expect(store.put('c', bytes('x'), { ifAbsent: true })).rejects.toThrowError();
  expect(records()).toHaveLength(2);
  await store.delete(['a/b', 'c']);
  expect(records()).toEqual([]);
  expect(pieces()).toEqual([]);
  expect(readdirSync(folder)).toEqual(['.megalith']);
});

test('files that something else put there are objects without a label, and change their etag when they change', async () => {
  mkdirSync(join(folder, 'from'));
  writeFileSync(join(folder, 'from/elsewhere'), 'one');
  const first = await store.head('from/elsewhere');
  expect(first).toMatchObject({ bytes: 3 });
  expect(first).not.toHaveProperty('label');
  appendFileSync(join(folder, 'from/elsewhere'), 's');
  expect((await store.head('from/elsewhere'))!.etag).not.toBe(first!.etag);
  expect(await keys()).toEqual(['from/elsewhere']);
});

test('an object that something else changed has no label any more', async () => {
  await store.put('a', bytes('public text'), { label: 'public' });
  writeFileSync(join(folder, 'a'), 'secret text');
  expect(await store.head('a')).not.toHaveProperty('label');
  expect((await store.get('a')).object).not.toHaveProperty('label');
});

test('a record that cannot be read has the highest label', async () => {
  for (const damage of ['', '{"etag":', '{"etag":"x","label":"secret"}', 'null']) {
    await store.put('a', bytes(damage), { label: 'public' });
    const [record] = records();
    writeFileSync(join(folder, '.megalith/about', String(record)), damage);
    expect(await store.head('a')).toMatchObject({ label: 'restricted' });
    await store.delete(['a']);
  }
});

test('labels and etags survive a copy of the folder that keeps times', async () => {
  const put = await store.put('a/b', bytes('text'), { label: 'confidential' });
  const copy = `${folder}-copy`;
  execFileSync('cp', ['-a', folder, copy]);
  try {
    expect(await new FsStore(copy).head('a/b')).toEqual(put);
  } finally {
    await rm(copy, { recursive: true });
  }
});

test('links, pipes and folders are no objects', async () => {
  writeFileSync(`${folder}/outside`, 'x');
  mkdirSync(join(folder, 'folder'));
  symlinkSync(`${folder}/outside`, join(folder, 'link'));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  for (const key of ['folder', 'link', 'pipe']) {
    expect(await store.head(key)).toBeUndefined();
    await expect(store.get(key)).rejects.toThrowError(expect.objectContaining({ code: 'NOT_FOUND' }));
  }
  expect(await keys()).toEqual(['outside']);
  await store.put('link', bytes('own'));
  expect(readFileSync(join(folder, 'outside'), 'utf8')).toBe('x');
  expect(await keys()).toEqual(['link', 'outside']);
});

test('an object below another is refused', async () => {
  await store.put('a/b', bytes('x'));
  for (const [key, ifAbsent] of [
    ['a', false],
    ['a', true],
    ['a/b/c', false],
    ['a/b/c/d', true],
  ] as const) {
    await expect(store.put(key, bytes('y'), { ifAbsent })).rejects.toThrowError(
      expect.objectContaining({ code: ifAbsent && key === 'a' ? 'ALREADY_THERE' : 'USAGE' }),
    );
  }
  expect(await keys()).toEqual(['a/b']);
  expect(pieces()).toEqual([]);
});

test('puts and deletes of one folder do not get into the way of each other', async () => {
  const rounds = Array.from({ length: 40 }, async (_, n) => {
    await store.put(`deep/er/${n}`, bytes('x'));
    await store.delete([`deep/er/${n}`]);
  });
  await Promise.all(rounds);
  expect(await keys()).toEqual([]);
  expect(readdirSync(folder)).toEqual(['.megalith']);
});
