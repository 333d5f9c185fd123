import { describe, expect, test } from 'vitest';
import { markProcesses } from '../faults/processes.js';
import { type Runner, startScript } from './start-script.js';
import { userFolder } from './user-folder.js';

const runners: readonly { runner: Runner; file: string }[] = [
  { runner: 'node', file: 'main.mjs' },
  { runner: 'tsx', file: 'main.ts' },
];

describe.each(runners)('a script of a user, run by $runner', ({ runner, file }) => {
  /** Runs the text as the entry; it must end by itself, in order, and leave nothing behind. */
  async function run(text: string, others: Readonly<Record<string, string>> = {}) {
    const marked = markProcesses();
    const folder = userFolder({ [file]: text, ...others });
    const { exitCode, signal, stdout, stderr } = await startScript(folder, file, {
      runner,
      env: { ...marked.env },
    }).end();
    expect({ exitCode, signal, stderr }).toEqual({ exitCode: 0, signal: null, stderr: '' });
    await marked.allGone();
    return stdout;
  }

  test('maps an inline function at top level, and ends by itself without close', async () => {
    expect(
      await run(`
        import { FunctionExecutor } from '@megalith/core';
        const offset = 10;
        const squares = await new FunctionExecutor().map(x => x * x + offset, [1, 2, 3]);
        console.log(JSON.stringify(squares));
      `),
    ).toBe('[11,14,19]\n');
  });

  test('maps a function that the entry itself exports, and runs the entry only once', async () => {
    expect(
      await run(`
        import { FunctionExecutor } from '@megalith/core';
        console.log('the entry runs');
        export function cube(x) { return x ** 3; }
        export const half = x => x / 2;
        await using_(async executor => {
          console.log(JSON.stringify([await executor.map(cube, [1, 2]), await executor.map(half, [1, 2])]));
        });
        async function using_(work) {
          const executor = new FunctionExecutor();
          try { await work(executor); } finally { await executor.close(); }
        }
      `),
    ).toBe('the entry runs\n[[1,8],[0.5,1]]\n');
  });

  test('uses what it imports inside of an inline function: Node, its own modules, and packages', async () => {
    const ending = file.endsWith('ts') ? 'ts' : 'mjs';
    expect(
      await run(
        `
        import { createHash } from 'node:crypto';
        import * as path from 'node:path';
        import { FunctionExecutor } from '@megalith/core';
        import { shout as loudly } from './shout.${ending}';
        import greet, { mark } from 'greeting';
        const executor = new FunctionExecutor();
        const texts = await executor.map(
          name => [createHash('md5').update(name).digest('hex').slice(0, 4), path.basename('/a/' + name), loudly(name), greet(name) + mark],
          ['ann'],
        );
        console.log(JSON.stringify(texts));
      `,
        {
          [`shout.${ending}`]: 'export function shout(text) { return text.toUpperCase(); }',
          'node_modules/greeting/package.json': '{ "name": "greeting", "type": "module", "exports": "./index.js" }',
          'node_modules/greeting/index.js': "export default name => 'hello ' + name; export const mark = '!';",
        },
      ),
    ).toBe('[["7e0d","ann","ANN","hello ann!"]]\n');
  });

  test('maps a function of its own module, with a class and state in it', async () => {
    const ending = file.endsWith('ts') ? 'ts' : 'mjs';
    expect(
      await run(
        `
        import { FunctionExecutor } from '@megalith/core';
        import { area } from './shapes.${ending}';
        console.log(JSON.stringify(await new FunctionExecutor().map(area, [2, 3])));
      `,
        {
          [`shapes.${ending}`]: `
            class Square { #side; constructor(side) { this.#side = side; } get area() { return this.#side ** 2; } }
            export const area = side => new Square(side).area;
          `,
        },
      ),
    ).toBe('[4,9]\n');
  });

  test('uses a class of the entry and recursive functions of it', async () => {
    expect(
      await run(`
        import { FunctionExecutor } from '@megalith/core';
        class Counter { #n = 0; add(k) { this.#n += k; return this; } get n() { return this.#n; } }
        const even = n => n === 0 || odd(n - 1);
        const odd = n => n !== 0 && even(n - 1);
        const executor = new FunctionExecutor();
        console.log(JSON.stringify(await executor.map(n => [new Counter().add(n).add(n).n, even(n)], [3, 4])));
      `),
    ).toBe('[[6,false],[8,true]]\n');
  });

  test('may be in CommonJS style of waiting: no top-level await, and still ends by itself', async () => {
    expect(
      await run(`
        import { FunctionExecutor } from '@megalith/core';
        function main() {
          const executor = new FunctionExecutor();
          return executor.mapReduce(x => x * 2, [1, 2, 3], values => values.reduce((a, b) => a + b, 0));
        }
        main().then(total => console.log(total));
      `),
    ).toBe('12\n');
  });

  test('loops over results as they come, of a generator, and may leave early', async () => {
    expect(
      await run(`
        import { FunctionExecutor } from '@megalith/core';
        function* numbers() { for (let i = 0; ; i++) yield i; }
        const executor = new FunctionExecutor();
        let taken = 0;
        for await (const value of executor.map(x => x, numbers())) if (++taken === 100) break;
        console.log(taken);
        await executor.close();
      `),
    ).toBe('100\n');
  });

  test('runs commands and shares an array', async () => {
    expect(
      await run(`
        import { FunctionExecutor } from '@megalith/core';
        const executor = new FunctionExecutor();
        const job = executor.command(['echo', '{}'], ['a b']);
        await job;
        const table = Float64Array.of(1, 2, 4);
        const sums = await executor.map((i, { shared }) => shared.table[i], [0, 2], { shared: { table } });
        console.log(job.future(0).logs.stdout.trim(), JSON.stringify(sums));
      `),
    ).toBe('a b [1,4]\n');
  });

  test('refuses what cannot be shipped before anything runs, and says where it is', async () => {
    const stdout = await run(`
      import { createServer } from 'node:net';
      import { FunctionExecutor } from '@megalith/core';
      const server = createServer();
      const executor = new FunctionExecutor();
      try {
        await executor.map(x => [x, server.listening], [1]);
      } catch (error) {
        console.log(error.code, error.message.includes('server'), (error.message + error.hint + JSON.stringify(error.details)).includes('${file}'));
      }
    `);
    expect(stdout).toBe('CANNOT_SHIP true true\n');
  });

  test('that does not catch a failure ends with exit code 1 and the failure, and leaves nothing behind', async () => {
    const marked = markProcesses();
    const folder = userFolder({
      [file]: `
        import { FunctionExecutor } from '@megalith/core';
        await new FunctionExecutor().map(x => { if (x === 1) throw new RangeError('no such page'); return x; }, [0, 1]);
      `,
    });
    const end = await startScript(folder, file, { runner, env: { ...marked.env } }).end();
    expect(end.exitCode).toBe(1);
    expect(end.stderr).toContain('no such page');
    await marked.allGone();
  });
});
