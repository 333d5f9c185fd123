import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FunctionExecutor } from '../executor/function-executor.js';
import { createFakeBackend, runShipped } from '../executor/testing/fake-backend.js';

let home: string;
let folder: string;
let executor: FunctionExecutor;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'megalith-sort-'));
  folder = mkdtempSync(join(tmpdir(), 'megalith-sorted-'));
  executor = new FunctionExecutor({ backend: createFakeBackend(runShipped()), home });
});
afterEach(async () => {
  await executor.close();
  rmSync(home, { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
});

const at = (name: string) => join(folder, name);
const nothingElse = (...names: string[]) => {
  expect(readdirSync(folder).sort()).toEqual(names.sort());
  expect(readdirSync(join(home, 'shuffle'))).toEqual([]);
};

function randomLines(count: number): string[] {
  let state = 7;
  return Array.from({ length: count }, (_, i) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return `${(state >>> 8) % 1000}\t${'x'.repeat((state >>> 4) % 40)}${i}`;
  });
}

const bytewise = (a: string, b: string) => Buffer.from(a).compare(Buffer.from(b));

describe('sort', () => {
  it('sorts the lines of files by their bytes, with hardly any memory and in several parts', async () => {
    const lines = randomLines(5000);
    writeFileSync(at('one'), `${lines.slice(0, 2500).join('\n')}\n`);
    writeFileSync(at('two'), lines.slice(2500).join('\n'));
    const sorted = await executor.sort([at('one'), at('two')], { output: at('out'), memory: '48KiB', partitions: 4 });
    expect(readFileSync(at('out'), 'utf8')).toBe(`${lines.toSorted(bytewise).join('\n')}\n`);
    expect(sorted).toEqual({ output: at('out'), lines: 5000, bytes: readFileSync(at('out')).length });
    nothingElse('one', 'out', 'two');
  });

  it('sorts by a field or by a function, and leaves what is equal as it was', async () => {
    const lines = randomLines(3000);
    writeFileSync(at('in'), lines.join('\n'));
    const fieldOf = (line: string) => line.split('\t')[0]!;
    const small = { output: at('out'), memory: '48KiB', partitions: 2 };
    await executor.sort(at('in'), { ...small, by: { field: 1 } });
    expect(readFileSync(at('out'), 'utf8')).toBe(
      `${lines.toSorted((a, b) => bytewise(fieldOf(a), fieldOf(b))).join('\n')}\n`,
    );
    await executor.sort(at('in'), { ...small, by: line => -Number(line.split('\t')[0]) });
    expect(readFileSync(at('out'), 'utf8')).toBe(
      `${lines.toSorted((a, b) => Number(fieldOf(b)) - Number(fieldOf(a))).join('\n')}\n`,
    );
  });

  it('sorts what "read" makes of any items', async () => {
    const read = function* (count: number) {
      for (let i = 0; i < count; i++) yield i % 2 === 0 ? `${i}` : Buffer.from(`${i}`);
    };
    await executor.sort([3, 0, 12], { output: at('out'), read });
    expect(readFileSync(at('out'), 'utf8').split('\n')).toEqual([...'0 0 1 1 10 11 2 2 3 4 5 6 7 8 9'.split(' '), '']);
    await executor.sort([20], { output: at('out'), read, by: { field: 2, delimiter: '1' } });
    expect(readFileSync(at('out'), 'utf8').split('\n').slice(0, 3)).toEqual(['0', '1', '2']);
  });

  it('gives an empty file for no lines', async () => {
    writeFileSync(at('in'), '');
    expect(await executor.sort(at('in'), { output: at('out') })).toMatchObject({ lines: 0 });
    expect(readFileSync(at('out')).length).toBe(0);
  });

  it('may replace what it sorts, and leaves it as it was when it fails', async () => {
    writeFileSync(at('in'), 'b\na\n');
    const fails = (line: string): string => {
      throw new Error(`not ${line}`);
    };
    await expect(executor.sort(at('in'), { output: at('in'), by: fails })).rejects.toMatchObject({ code: 'THREW' });
    expect(readFileSync(at('in'), 'utf8')).toBe('b\na\n');
    await executor.sort(at('in'), { output: at('in') });
    expect(readFileSync(at('in'), 'utf8')).toBe('a\nb\n');
    nothingElse('in');
  });

  it('says what is wrong with a call, as a rejection', async () => {
    const wrong = async (source: unknown, options: object) => {
      const sorting = executor.sort(source as string, { output: at('out'), ...options });
      return sorting.then(
        () => 'done',
        (error: unknown) => (error as { code: string }).code,
      );
    };
    expect(await wrong(at('none'), {})).toBe('NOT_FOUND');
    expect(await wrong(folder, {})).toBe('NOT_FOUND');
    expect(await wrong([1], {})).toBe('USAGE');
    expect(await wrong([], { output: at('none/out') })).toBe('NOT_FOUND');
    expect(await wrong([], { by: { field: 0 } })).toBe('USAGE');
    expect(await wrong([], { by: { field: 1, delimiter: 'ab' } })).toBe('USAGE');
    expect(await wrong(['x'], { read: () => ['a\nb'] })).toBe('THREW');
    expect(await wrong([], { memory: () => 1 })).toBe('USAGE');
    nothingElse();
  });
});
