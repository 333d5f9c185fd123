import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FsStore } from '../../storage/fs-store.js';
import type { Storage } from '../../storage/storage.js';
import { type HistoryOptions, openHistory } from './history-store.js';
import { sample, samplesOf, testNow } from './testing/samples.js';

const code = 'c'.repeat(64);

let folder: string;
let warnings: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'megalith-history-'));
  warnings = [];
});
afterEach(() => rm(folder, { recursive: true }));

function open(home: string, options: Partial<HistoryOptions> = {}) {
  return openHistory({ home: join(folder, home), warn: text => warnings.push(text), now: () => testNow, ...options });
}

const fileOf = (home: string) => join(folder, home, 'history', `${code}.json`);

describe('a home', () => {
  test('remembers what was added, for other processes too', async () => {
    const history = open('a');
    expect(await history.find(code)).toBeUndefined();
    await Promise.all(samplesOf(20, () => ({})).map(one => history.add(code, [one])));
    await history.close();
    const found = await open('a').find(code);
    expect(found?.samples).toHaveLength(20);
    expect(found?.counts.done).toBe(20);
    expect(await open('a').profile(code, 1)).toMatchObject({ source: 'history', taskMs: { p50: 1000 } });
    expect(await open('a').profile(code, 1, testNow - 120_000)).toBeUndefined();
    expect(readdirSync(join(folder, 'a/history'))).toEqual([`${code}.json`]);
    expect(warnings).toEqual([]);
  });

  test('keeps what several processes learn at once', async () => {
    const program = (n: number) => `
      import { openHistory } from ${JSON.stringify(new URL('./history-store.ts', import.meta.url).href)};
      import { samplesOf } from ${JSON.stringify(new URL('./testing/samples.ts', import.meta.url).href)};
      const history = openHistory({ home: ${JSON.stringify(join(folder, 'a'))}, warn: console.error });
      for (const one of samplesOf(20, n => ({ task: '${n}/' + n }))) await history.add('${code}', [one]);
      await history.close();
    `;
    const run = (n: number) =>
      new Promise<number | null>(resolve => {
        const args = ['--import', import.meta.resolve('tsx'), '--input-type=module', '-e', program(n)];
        spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] }).once('exit', resolve);
      });
    expect(await Promise.all([run(1), run(2), run(3)])).toEqual([0, 0, 0]);
    const found = await open('a').find(code);
    // What is written in the same microseconds may be lost.
    expect(found?.samples.length).toBeGreaterThanOrEqual(50);
    expect(readdirSync(join(folder, 'a/history'))).toEqual([`${code}.json`]);
  });

  test('takes a damaged file for none, says so, and begins anew', async () => {
    await open('a').add(code, [sample()]);
    writeFileSync(fileOf('a'), readFileSync(fileOf('a'), 'utf8').slice(0, -9));
    const history = open('a');
    expect(await history.find(code)).toBeUndefined();
    expect(warnings).toEqual([`the history "${fileOf('a')}" is damaged, and begins anew`]);
    await history.add(code, [sample({ task: 'new/1' })]);
    expect((await open('a').find(code))?.samples.map(({ task }) => task)).toEqual(['new/1']);
  });

  test('that cannot be written fails no job', async () => {
    writeFileSync(join(folder, 'a'), 'a file where the home should be');
    const history = open('a');
    await history.add(code, [sample()]);
    expect(await history.find(code)).toBeUndefined();
    expect(warnings[0]).toMatch(/^what this run has shown can't be kept: /);
    await history.close();
  });

  test('forgets what was not used for longest, and removes what the dead had begun', async () => {
    const names = ['1', '2', '3', '4'].map(n => n.repeat(64));
    mkdirSync(join(folder, 'a/history'), { recursive: true });
    for (const [n, name] of names.entries()) {
      await open('a', { limit: 100 }).add(name, [sample()]);
      utimesSync(join(folder, 'a/history', `${name}.json`), n, n);
    }
    const begun = join(folder, 'a/history', `${code}.json.1.00000000.tmp`);
    writeFileSync(begun, '');
    utimesSync(begun, 1, 1);
    await open('a', { limit: 2 }).add(code, [sample()]);
    expect(readdirSync(join(folder, 'a/history')).sort()).toEqual([
      `${names[2]}.json`,
      `${names[3]}.json`,
      `${code}.json`,
    ]);
  });
});

describe('a shared store', () => {
  test('teaches a home what another has learned', async () => {
    const [a, b] = ['a', 'b'].map(home => open(home, { store: new FsStore(join(folder, 'store')) })) as [
      ReturnType<typeof open>,
      ReturnType<typeof open>,
    ];
    await a.add(code, [sample({ task: 'a/1' })]);
    await a.close();
    expect((await b.find(code))?.samples.map(({ task }) => task)).toEqual(['a/1']);
    await b.add(code, [sample({ task: 'b/1' })]);
    await b.close();
    const c = open('c', { store: new FsStore(join(folder, 'store')) });
    expect((await c.find(code))?.samples.map(({ task }) => task)).toEqual(['a/1', 'b/1']);
    await c.close();
    expect(await new FsStore(join(folder, 'store')).head(`history/${code}.json`)).toMatchObject({ label: 'internal' });
    expect(warnings).toEqual([]);
  });

  test('is asked again after five minutes, and not before, by any process', async () => {
    const store = new FsStore(join(folder, 'store'));
    let asked = 0;
    const counting: Storage = {
      url: store.url,
      put: (...args) => store.put(...args),
      get: (...args) => {
        asked++;
        return store.get(...args);
      },
      head: (...args) => store.head(...args),
      list: (...args) => store.list(...args),
      delete: (...args) => store.delete(...args),
      close: () => store.close(),
    };
    for (const [minutes, times] of [
      [0, 1],
      [4, 1],
      [5, 2],
      [6, 2],
    ] as const) {
      const history = open('a', { store: counting, now: () => testNow + minutes * 60_000 });
      expect(await history.find(code)).toBeUndefined();
      await history.close();
      expect(asked).toBe(times);
    }
  });

  test('that is away, or never answers, costs a moment once, and fails nothing', async () => {
    const never = () => new Promise<never>(() => undefined);
    const away: Storage = {
      url: 'test://away',
      put: never,
      get: never,
      head: never,
      // biome-ignore lint/correctness/useYield: it never gets there
      list: async function* () {
        await never();
      },
      delete: never,
      close: () => undefined,
    };
    await open('a').add(code, [sample()]);
    const history = open('a', { store: away });
    expect((await history.find(code))?.samples).toHaveLength(1);
    const before = performance.now();
    expect(await history.find('d'.repeat(64))).toBeUndefined();
    await history.add(code, [sample({ task: 'job/2' })]);
    expect(performance.now() - before).toBeLessThan(1000);
    await history.close();
    expect(warnings).toEqual(['the store of shared histories failed: it took more than 1.5s to ask it']);
    expect(existsSync(fileOf('a'))).toBe(true);
  });
});
