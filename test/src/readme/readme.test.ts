import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Block, blocksOf, commandsOf, printedBy } from './blocks.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../../', import.meta.url));
const page = await readFile(join(root, 'README.md'), 'utf8');
const written = (language: string) => blocksOf(page).filter(block => block.language === language);

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'megalith-readme-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** The README's `megalith` is this checkout's, and each block has a home of its own. */
function environment({ line }: Block): NodeJS.ProcessEnv {
  const path = [join(root, 'test', 'node_modules', '.bin'), process.env.PATH].join(delimiter);
  return { ...process.env, PATH: path, MEGALITH_HOME: join(folder, `home-${line}`), NO_COLOR: '1' };
}

describe('the programs of README.md', () => {
  let programs = '';
  let complaints = '';
  beforeAll(async () => {
    // Inside this package, because that is where `@megalith/core` is found.
    programs = await mkdtemp(join(root, 'test', 'dist', 'readme-'));
    for (const { text, line } of written('ts')) await writeFile(join(programs, `line-${line}.ts`), text);
    const compilerOptions = {
      composite: false,
      declarationMap: false,
      noEmitOnError: false,
      rootDir: '.',
      outDir: '.',
    };
    const config = { extends: join(root, 'tsconfig.base.json'), compilerOptions, include: ['.'], exclude: [] };
    await writeFile(join(programs, 'tsconfig.json'), JSON.stringify(config));
    const tsc = join(root, 'node_modules', '.bin', 'tsc');
    complaints = await run(tsc, ['--project', programs]).then(
      () => '',
      (error: { stdout: string }) => error.stdout,
    );
  });
  afterAll(async () => {
    await rm(programs, { recursive: true });
  });

  test('compile in strict mode', () => {
    expect(complaints).toBe('');
  });

  test.each(written('ts'))('print what they say, at line $line', async block => {
    const program = join(programs, `line-${block.line}.js`);
    const { stdout } = await run(process.execPath, [program], { cwd: folder, env: environment(block) });
    expect(printedBy(block.text)).not.toEqual([]);
    expect(stdout).toBe(`${printedBy(block.text).join('\n')}\n`);
  });
});

describe('the commands of README.md', () => {
  test.each(written('console'))('print what they say, at line $line', async block => {
    expect(commandsOf(block.text)).not.toEqual([]);
    for (const { command, stdout } of commandsOf(block.text)) {
      const ran = await run('bash', ['-c', command], { cwd: folder, env: environment(block) });
      expect(ran.stdout, command).toBe(stdout);
    }
  });

  test.each(['Run it', 'Test it'])('are one under "## %s"', heading => {
    const section = page.split(/^## /m).find(part => part.startsWith(`${heading}\n`));
    const [block, ...more] = blocksOf(section ?? '');
    expect(more).toEqual([]);
    expect(block?.text.trim().split('\n')).toEqual([expect.stringMatching(/^npx -y pnpm@10 /)]);
  });
});
