import { describe, expect, it } from 'vitest';
import { runBundles } from './fixtures/run-bundles.js';
import { shipImports, TempProject } from './fixtures/temp-project.js';

/** Programs are real: the compiled package in a Node process, so the package must be built first. */
interface Shipped {
  readonly code: string;
  readonly captured: string;
  readonly name: string;
  readonly where: string;
  readonly warnings: readonly string[];
  readonly notPortable: readonly string[];
}
interface Refused {
  readonly refused: string;
  readonly hint: string;
  readonly code: string;
}

async function shipIn<T = Shipped>(
  files: Readonly<Record<string, string>>,
  main: string,
  nodeArgs: readonly string[] = [],
): Promise<T> {
  await using project = await TempProject.create({ ...files, 'main.mjs': `${shipImports}\n${main}` });
  return JSON.parse(await project.run('main.mjs', nodeArgs)) as T;
}

async function run({ code, captured }: Shipped, ...args: unknown[]): Promise<unknown> {
  const { it: result } = await runBundles([{ name: 'it', code, captured, args }]);
  return result?.threw ?? result?.value;
}

describe('a project', () => {
  it('may use CommonJS packages, which then find their own files where they are', async () => {
    await using project = await TempProject.create({
      'node_modules/old/package.json': '{"name":"old","version":"1.0.0"}',
      'node_modules/old/index.js':
        "const os = require('os'); module.exports = x => [x, os.EOL, require('fs').existsSync(__dirname + '/package.json')];",
      'main.mjs': `${shipImports}\nimport old from 'old';\nprint(await report(shipFunction(x => old(x))));`,
    });
    const shipped = JSON.parse(await project.run('main.mjs')) as Shipped;
    expect(await run(shipped, 1)).toEqual([1, '\n', true]);
    expect(shipped.warnings).toEqual([expect.stringContaining('uses its own place on disk')]);
    expect(shipped.notPortable).toEqual([expect.stringContaining('node_modules/old/index.js')]);
  });

  it('may be CommonJS under tsx', async () => {
    await using project = await TempProject.create({
      'package.json': '{}',
      'work.ts':
        'export const triple = (x: number): number => 3 * x; export class Box { constructor(readonly x: number) {} }',
      'main.ts': `import { triple, Box } from './work.js';
        import * as os from 'node:os';
        const path = require('node:path');
        const { readFileSync } = require('node:fs');
        async function main() {
          const { shipFunction } = await import(${JSON.stringify(import.meta.resolve('../../dist/ship/ship-function.js'))});
          const shipped = [];
          for (const fn of [(x: number) => [triple(x), new Box(x).x, os.EOL, path.sep, typeof readFileSync, require('./work.js').triple(1)], triple]) {
            const { ref } = await shipFunction(fn);
            shipped.push({ code: ref.code, captured: Buffer.from(ref.captured).toString('base64') });
          }
          process.stdout.write(JSON.stringify(shipped));
        }
        main();`,
    });
    const tsx = import.meta.resolve('tsx');
    const [inline, exported] = JSON.parse(await project.run('main.ts', ['--import', tsx])) as [Shipped, Shipped];
    expect(await run(inline, 2)).toEqual([6, 2, '\n', '/', 'function', 3]);
    expect(await run(exported, 2)).toBe(6);
  });

  it('may have packages with native code, which are loaded from where they are', async () => {
    await using project = await TempProject.create({
      'node_modules/native/package.json': '{"name":"native","version":"1.0.0","gypfile":true,"main":"index.js"}',
      'node_modules/native/index.js':
        "exports.add = (a, b) => a + b + (__filename.includes('megalith-project') ? 0 : 1);",
      'main.mjs': `${shipImports}\nimport { add } from 'native';\nprint(await report(shipFunction(x => add(x, 1))));`,
    });
    const shipped = JSON.parse(await project.run('main.mjs')) as Shipped;
    expect(shipped.notPortable).toEqual([
      `package 'native' is loaded from ${project.path('node_modules/native/index.js')}`,
    ]);
    expect(await run(shipped, 1)).toBe(2);
  });

  it('may use Megalith inside a task: the installed package is imported from where it is', async () => {
    const shipped = await shipIn(
      {
        'work.mjs':
          "import { FunctionExecutor } from '@megalith/core'; export const nested = () => typeof FunctionExecutor;",
      },
      "print(await report(shipExport('work.mjs', 'nested')));",
    );
    expect(shipped.code).toMatch(/import \{ FunctionExecutor \} from "file:\/\/\/.*\/packages\/core\/dist\/index\.js"/);
    expect(shipped.notPortable).toEqual([
      expect.stringMatching(/^package '@megalith\/core' is loaded from \/.*\/dist\/index\.js$/),
    ]);
  });

  it('learns which package is missing, and who wants it', async () => {
    const { refused, hint, code } = await shipIn<Refused>(
      { 'work.mjs': "\nimport '@scope/missing/deep'; export const f = () => 1;" },
      "print(await report(shipExport('work.mjs', 'f')));",
    );
    expect(code).toBe('CANNOT_SHIP');
    expect(refused).toBe(
      'cannot ship \'f\' (work.mjs): its modules do not bundle: Could not resolve "@scope/missing/deep" (work.mjs:2)',
    );
    expect(hint).toBe('install it: npm install @scope/missing');
  });

  it('learns of a module or an export that does not exist', async () => {
    const outcomes = await shipIn<Refused[]>(
      { 'work.mjs': 'export const f = () => 1;' },
      "print([await report(shipExport('work.mjs', 'g')), await report(shipExport('no.mjs', 'f')), await report(shipExport('nothing', 'f'))]);",
    );
    expect(outcomes.map(item => item.refused)).toEqual([
      expect.stringMatching(/^cannot ship 'g' \(work\.mjs\): .*No matching export in "work\.mjs" for import "g"$/),
      "cannot ship 'f' (no.mjs): module 'no.mjs' does not exist",
      expect.stringMatching(/^cannot ship 'f' \(nothing\): .*Could not resolve "nothing"$/),
    ]);
  });

  it('is refused where its modules import the program, which would run again', async () => {
    const { refused } = await shipIn<Refused>(
      { 'work.mjs': "import { limit } from './main.mjs'; export const f = x => x < limit;" },
      "import { f } from './work.mjs';\nexport const limit = 3;\nprint(await report(shipFunction(f)));",
    );
    expect(refused).toMatch(/its modules import 'main\.mjs', the program itself, which would run again in every task/);
  });

  it('may ship from a module that is still being evaluated: neither hangs nor runs the module again', async () => {
    await using project = await TempProject.create({
      'pipeline.mjs': `${shipImports}
        const step = 2;
        export const work = x => x * step;
        const later = async () => { await null; return report(shipFunction(work)); };
        print([await report(shipFunction(work)), await later()]);`,
      'main.mjs': "import './pipeline.mjs';",
    });
    const shipped = JSON.parse(await project.run('main.mjs')) as Shipped[];
    for (const item of shipped) {
      expect(await run(item, 4)).toBe(8);
      expect(item.code).not.toContain('shipFunction');
    }
  });

  it('may name a function by module and export', async () => {
    const [shipped, local] = await shipIn<[Shipped, number]>(
      { 'work.mjs': 'export const f = x => x + 1;' },
      `const f = fromModule(new URL('./work.mjs', import.meta.url), 'f');
       print([await report(shipFunction(f)), await f(1)]);`,
    );
    expect(await run(shipped, 1)).toBe(2);
    expect(local).toBe(2);
  });

  it('may look for files beside its modules, and is warned', async () => {
    await using project = await TempProject.create({
      'data/table.txt': 'here',
      'data/read.mjs':
        "import { readFileSync } from 'node:fs'; export const read = () => readFileSync(new URL('./table.txt', import.meta.url), 'utf8');",
      'main.mjs': `${shipImports}\nimport { read } from './data/read.mjs';\nprint(await report(shipFunction(() => read())));`,
    });
    const shipped = JSON.parse(await project.run('main.mjs')) as Shipped;
    expect(await run(shipped)).toBe('here');
    expect(shipped.warnings).toEqual([
      "'data/read.mjs' uses its own place on disk (import.meta or __dirname): its files are not part of the bundle",
    ]);
    expect(shipped.notPortable).toEqual([`'${project.path('data/read.mjs')}' refers to its place on this machine`]);
  });
});

describe('shipping', () => {
  it('reads variables before it returns', async () => {
    const shipped = await shipIn(
      {},
      'let count = 1; const list = [1]; const shipped = report(shipFunction(() => [count, list]));\ncount = 2; list.push(2);\nprint(await shipped);',
    );
    expect(await run(shipped)).toEqual([1, [1]]);
  });

  it('takes what stands in the file of an inline function as it is now, exported or not', async () => {
    await using project = await TempProject.create({
      'work.mjs': `${shipImports}
        let base = 1;
        export const setBase = value => { base = value; };
        export const add = x => x + base;
        export const ship = () => report(shipFunction(x => add(x)));`,
      'main.mjs': `${shipImports}\nimport { setBase, ship } from './work.mjs';\nsetBase(5);\nprint(await ship());`,
    });
    expect(await run(JSON.parse(await project.run('main.mjs')) as Shipped, 1)).toBe(6);
  });

  it('warns of large captured data', async () => {
    const { warnings } = await shipIn(
      {},
      'const table = new Float64Array(1 << 18); print(await report(shipFunction(i => table[i])));',
    );
    expect(warnings).toEqual([
      "captured data ('table') is 2.0MiB and is copied to every worker: pass large arrays in the 'shared' option",
    ]);
  });

  it('gives the same code for the same function, and other code once a source has changed', async () => {
    const hashes = await shipIn<string[]>(
      { 'work.mjs': 'export const f = x => x + 1;' },
      `import { writeFile, utimes } from 'node:fs/promises';
       const { f } = await import('./work.mjs');
       const inline = x => f(x);
       const hashes = [];
       for (const fn of [f, f, inline, inline]) hashes.push((await shipFunction(fn)).ref.hash);
       await writeFile('work.mjs', 'export const f = x => x + 2;');
       for (const fn of [f, inline]) hashes.push((await shipFunction(fn)).ref.hash);
       print(hashes);`,
    );
    expect(hashes[1]).toBe(hashes[0]);
    expect(hashes[3]).toBe(hashes[2]);
    expect(new Set(hashes).size).toBe(4);
  });

  it('keeps names and lines of the user for stacks', async () => {
    const shipped = await shipIn(
      { 'work.mjs': "export function fails(x) {\n  if (x) throw new Error('no');\n  return x;\n}" },
      "import { fails } from './work.mjs';\nconst viaInline = x =>\n  fails(x);\nprint(await report(shipFunction(viaInline)));",
    );
    const stack = String(await run(shipped, 1));
    expect(stack).toMatch(/at fails \(\/.*\/work\.mjs:2:16\)/);
    const { where } = shipped;
    const line = Number(where.split(':')[1]);
    expect(stack).toMatch(new RegExp(`at viaInline \\(/.*/main\\.mjs:${line + 1}:3\\)`));
  });

  it('leaves no process behind after stopBundler, and does not keep a program alive without it', async () => {
    const children = await shipIn<string[]>(
      {},
      `import { readFileSync } from 'node:fs';
       const children = () => readFileSync('/proc/self/task/' + process.pid + '/children', 'utf8').trim();
       await shipFunction(() => 1); const during = children();
       await stopBundler();
       while (children() !== '') await new Promise(resolve => setImmediate(resolve));
       await shipFunction(() => 2);
       print([during !== '']);`,
    );
    expect(children).toEqual([true]);
  });
});
