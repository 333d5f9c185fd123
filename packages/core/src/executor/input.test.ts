import { describe, expect, it } from 'vitest';
import { Input } from './input.js';

async function all(input: Input, max = 3): Promise<unknown[]> {
  const items: unknown[] = [];
  while (!input.isExhausted) {
    input.read(max, item => items.push(item));
    await input.ready();
  }
  return items;
}

describe('an input', () => {
  it.each([
    ['an array', [1, 2, 3, 4], 4],
    ['a set', new Set([1, 2, 3, 4]), 4],
    ['a typed array', Uint8Array.of(1, 2, 3, 4), 4],
    ['an array with promises', [1, Promise.resolve(2), 3, Promise.resolve(4)], 4],
    ['a generator', numbers(4), undefined],
    ['an async generator', asyncNumbers(4), undefined],
    ['nothing at all', [], 0],
  ])('reads %s in order and knows whether its length is known', async (_, items, length) => {
    const input = new Input(items);
    expect(input.length).toBe(length);
    expect(await all(input)).toEqual([1, 2, 3, 4].slice(0, length ?? 4));
    expect(input.failure).toBeUndefined();
  });

  it('completes the items that need it, each once and in its place, also those that are promised', async () => {
    let runs = 0;
    const complete = {
      needs: (item: unknown) => item === 2 || item === 4,
      run: async (item: unknown) => {
        runs += 1;
        return `${String(item)}!`;
      },
    };
    for (const items of [[1, 2, 3, 4], new Set([1, 2, 3, 4]), [1, Promise.resolve(2), 3, 4], asyncNumbers(4)])
      expect(await all(new Input(items, undefined, complete))).toEqual([1, '2!', 3, '4!']);
    expect(runs).toBe(8);
  });

  it('gives each entry of a map, tuples and all, as one item', async () => {
    expect(await all(new Input(new Map([['a', 1]])))).toEqual([['a', 1]]);
  });

  it('does not see changes of an array after the call', async () => {
    const items = [1, 2];
    const input = new Input(items);
    items.push(3);
    items[0] = 9;
    expect(await all(input)).toEqual([1, 2]);
  });

  it('reads no more of a generator than it is asked for', () => {
    let read = 0;
    const input = new Input(counted(() => read++));
    input.read(3, () => undefined);
    expect(read).toBe(3);
  });

  it('fetches only so far ahead of an async generator', async () => {
    let read = 0;
    const input = new Input(
      (async function* () {
        for (;;) yield read++;
      })(),
    );
    input.read(1, () => undefined);
    for (let turn = 0; turn < 5000; turn++) await undefined;
    expect(read).toBeLessThanOrEqual(257);
    input.stop();
  });

  it('gives what came before a throw, and then the failure', async () => {
    for (const items of [failing(), asyncFailing(), [1, Promise.reject(new Error('no more'))]]) {
      const input = new Input(items);
      const got = await all(input);
      expect(got).toEqual([1]);
      expect(input.failure?.cause).toEqual(new Error('no more'));
    }
  });

  it('lets a generator tidy up when it is stopped', async () => {
    const tidied: string[] = [];
    const sync = new Input(
      counted(
        () => 1,
        () => tidied.push('sync'),
      ),
    );
    const async = new Input(
      (async function* () {
        try {
          for (;;) yield 1;
        } finally {
          tidied.push('async');
        }
      })(),
    );
    for (const input of [sync, async]) {
      input.read(1, () => undefined);
      await input.ready();
      input.stop();
      expect(input.isExhausted).toBe(true);
    }
    await expect.poll(() => tidied).toEqual(['sync', 'async']);
  });

  it.each([42, 'text', null, undefined, {}, () => []])('refuses %s', items => {
    expect(() => new Input(items)).toThrowError(expect.objectContaining({ code: 'USAGE' }));
  });
});

function* numbers(n: number) {
  for (let i = 1; i <= n; i++) yield i;
}
async function* asyncNumbers(n: number) {
  yield* numbers(n);
}
function* failing() {
  yield 1;
  throw new Error('no more');
}
async function* asyncFailing() {
  yield* failing();
}
function* counted(count: () => number, tidy?: () => void) {
  try {
    for (;;) yield count();
  } finally {
    tidy?.();
  }
}
