import { describe, expect, test } from 'vitest';
import { startScript } from '../e2e/start-script.js';
import { userFolder } from '../e2e/user-folder.js';
import { markProcesses } from './processes.js';

/** The children of the program itself, as the kernel lists them. */
const children = `
  const children = () => readFileSync('/proc/self/task/' + process.pid + '/children', 'utf8').trim().split(' ').filter(Boolean);
`;

describe('the bundler, a child of the client', () => {
  async function run(text: string) {
    const marked = markProcesses();
    const folder = userFolder({ 'main.mjs': text });
    const end = await startScript(folder, 'main.mjs', { env: { ...marked.env } }).end();
    await marked.allGone();
    return end;
  }

  test('is gone with the last executor, in a program that goes on', async () => {
    const end = await run(`
      import { readFileSync } from 'node:fs';
      import { FunctionExecutor } from '@megalith/core';
      ${children}
      const executor = new FunctionExecutor({ backend: 'local' });
      const factor = 2;
      const values = await executor.map(x => x * factor, [1, 2]);
      const before = children().length;
      await executor.close();
      // It has been told to end; that takes a moment.
      const deadline = Date.now() + 20_000;
      while (children().length > 0 && Date.now() < deadline) await new Promise(resolve => setTimeout(resolve, 10));
      console.log(JSON.stringify({ values, before: before > 0, after: children() }));
    `);
    expect(end).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(end.stdout)).toEqual({ values: [2, 4], before: true, after: [] });
  });

  test('is started again if it was killed', async () => {
    const end = await run(`
      import { readFileSync } from 'node:fs';
      import { FunctionExecutor } from '@megalith/core';
      ${children}
      const executor = new FunctionExecutor({ backend: 'local' });
      const results = [];
      for (const factor of [2, 3]) {
        results.push(await executor.map(x => x * factor, [1, 2]).catch(error => error.code + ' ' + error.message));
        for (const pid of children()) {
          if (!readFileSync('/proc/' + pid + '/cmdline', 'utf8').includes('esbuild')) continue;
          process.kill(Number(pid), 'SIGKILL');
          while (children().includes(pid)) await new Promise(resolve => setTimeout(resolve, 10));
        }
      }
      // Another program text, so that no bundle is at hand.
      results.push(await executor.map(x => x + 100, [1]).catch(error => error.code + ' ' + error.message));
      console.log(JSON.stringify(results));
      await executor.close();
    `);
    expect(end).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(end.stdout)).toEqual([[2, 4], [3, 6], [101]]);
  });
});
