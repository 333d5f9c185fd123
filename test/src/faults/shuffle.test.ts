import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FunctionExecutor } from '@megalith/core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { eventually, within } from '../conformance/eventually.js';
import { failureOf } from '../conformance/failure-of.js';
import { scratchFolder } from '../conformance/scratch.js';
import { startScript } from '../e2e/start-script.js';
import { userFolder } from '../e2e/user-folder.js';
import { slotsOf } from './agents.js';
import { openLocal } from './open-local.js';
import { markProcesses } from './processes.js';
import { ends, lines, pairs } from './shuffle-tasks.js';

const again = { retries: { retries: 2, backoff: 0 } };

function leftIn(home: string): string[] {
  return existsSync(join(home, 'shuffle')) ? readdirSync(join(home, 'shuffle')) : [];
}

/** Lines that take some memory, in no order. */
function manyLines(count: number): string[] {
  let state = 7;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return `${state.toString(36)}${'-'.repeat(90)}${state}`;
  });
}

describe('a task of a shuffle that is killed', () => {
  test('while it spills, and while it merges, is tried again, and nothing of its first try is seen', async () => {
    const home = join(scratchFolder(), 'home');
    await using executor = openLocal(home);
    const grouping = executor.groupByKey(pairs, [0, 1, 2], ends, { memory: '512KiB', ...again });
    const groups = new Map(await within(60_000, 'the groups', grouping));
    const dots = '.'.repeat(200);
    expect(groups.size).toBe(8);
    expect(groups.get('giant')).toEqual([6000, `0:0${dots}`, `2:3998${dots}`]);
    expect([...groups.values()].reduce((sum, [count]) => sum + count, 0)).toBe(12_000);
    expect(leftIn(home)).toEqual([]);
  });

  test('while it writes sorted lines, is tried again; nobody sees the output before it is whole', async () => {
    const marked = markProcesses();
    const folder = scratchFolder();
    const home = join(folder, 'home');
    const input = manyLines(150_000);
    const data = join(folder, 'data');
    mkdirSync(data);
    writeFileSync(join(data, 'in'), input.join('\n'));
    writeFileSync(join(data, 'out'), 'as it was');
    const executor = openLocal(home);
    try {
      const options = { output: join(data, 'out'), memory: '4MiB', partitions: 2, ...again };
      const sorting = executor.sort(join(data, 'in'), options);
      const temporary = await eventually('there is room for the output', () =>
        readdirSync(data).find(name => name.startsWith('.megalith')),
      );
      while (statSync(join(data, temporary)).blocks === 0) await new Promise(resolve => setImmediate(resolve));
      expect(readFileSync(join(data, 'out'), 'utf8')).toBe('as it was');
      for (const { pid } of slotsOf(marked)) process.kill(pid, 'SIGKILL');
      await within(60_000, 'the sort', sorting);
      const attempts = [0, 1].map(index => sorting.reduceJob.future(index).attempts.length);
      expect(Math.max(...attempts)).toBe(2);
      expect(readFileSync(join(data, 'out'), 'utf8')).toBe(`${input.sort().join('\n')}\n`);
      expect(readdirSync(data).sort()).toEqual(['in', 'out']);
      expect(leftIn(home)).toEqual([]);
    } finally {
      await executor.close();
    }
    await marked.allGone();
  });

  test('while it makes lines, is tried again', async () => {
    const folder = scratchFolder();
    await using executor = openLocal(join(folder, 'home'));
    const output = join(folder, 'out');
    const sorted = await executor.sort([0, 1], { output, read: lines, memory: '256KiB', ...again });
    expect(sorted.lines).toBe(6000);
    const found = readFileSync(output, 'utf8').trimEnd().split('\n');
    expect(found).toEqual(found.toSorted());
  });
});

const stuckSort = `
import { FunctionExecutor } from '@megalith/core';
const executor = new FunctionExecutor({ backend: 'local' });
const read = async function* () {
  for (let i = 0; i < 3000; i++) yield 'x'.repeat(200) + i;
  console.log('spilled');
  await new Promise(() => setInterval(() => {}, 1000));
};
const onEvent = event => { if (event.type === 'log') console.log('spilled'); };
await executor.sort([1], { output: 'out', read, memory: '256KiB', onEvent });
`;

describe('a client with a shuffle', () => {
  function startStuck() {
    const marked = markProcesses();
    const folder = userFolder({ 'main.mjs': stuckSort, out: 'as it was' });
    return { marked, folder, script: startScript(folder, 'main.mjs', { env: { ...marked.env } }) };
  }

  test('that is interrupted leaves no runs, and the output as it was', async () => {
    const { marked, folder, script } = startStuck();
    await script.says(/spilled/);
    expect(leftIn(join(folder, '.megalith'))).toHaveLength(1);
    process.kill(script.pid, 'SIGINT');
    expect((await script.end()).signal).toBe('SIGINT');
    await marked.allGone();
    expect(leftIn(join(folder, '.megalith'))).toEqual([]);
    expect(readFileSync(join(folder, 'out'), 'utf8')).toBe('as it was');
  });

  test('that is killed leaves runs, which go with the next one; a repeat finishes the work', async () => {
    const { marked, folder, script } = startStuck();
    const home = join(folder, '.megalith');
    await script.says(/spilled/);
    process.kill(script.pid, 'SIGKILL');
    await script.end();
    await marked.allGone();
    expect(leftIn(home)).toHaveLength(1);
    expect(readFileSync(join(folder, 'out'), 'utf8')).toBe('as it was');
    await using executor = new FunctionExecutor({ backend: 'local', home });
    await executor.sort([0, 1], { output: join(folder, 'out'), read: lines, ...again });
    expect(leftIn(home)).toEqual([]);
    expect(readFileSync(join(folder, 'out'), 'utf8').split('\n')).toHaveLength(6001);
  });
});

test.skipIf(process.getuid?.() !== 0)('a shuffle whose disk is full says so, and leaves nothing there', async () => {
  const scratch = join(scratchFolder(), 'small');
  mkdirSync(scratch);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=300k', 'tmpfs', scratch]);
  onTestFinished(() => void execFileSync('umount', [scratch]));
  const folder = scratchFolder();
  await using executor = openLocal(join(folder, 'home'));
  const grouping = executor.groupByKey(pairs, [0], ends, { memory: '128KiB', scratch });
  const error = await failureOf(grouping);
  expect(error.code, `${error.message} ${String(error.cause)}`).toBe('DISK_FULL');
  expect(error.message).toContain(scratch);
  expect(readdirSync(scratch)).toEqual([]);
});
