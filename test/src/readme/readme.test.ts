import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { transform } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { blocksOf, commandsOf, printedBy } from './blocks.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../../', import.meta.url));
const page = await readFile(join(root, 'README.md'), 'utf8');
const blocks = blocksOf(page);

let folder = '';
let programs = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'megalith-readme-'));
  // Programs lie inside this package, because that is where `@megalith/core` is found.
  programs = await mkdtemp(join(root, 'test', 'dist', 'readme-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await rm(programs, { recursive: true });
});

function environment(): NodeJS.ProcessEnv {
  const path = [join(root, 'test', 'node_modules', '.bin'), process.env.PATH].join(delimiter);
  return { ...process.env, PATH: path, MEGALITH_HOME: join(folder, 'home'), NO_COLOR: '1' };
}

describe('README.md', () => {
  test.each(blocks.filter(({ language }) => language === 'ts'))(
    'the program at line $line prints what it says',
    async block => {
      const { code } = await transform(block.text, { loader: 'ts', target: 'node20', format: 'esm' });
      const file = join(programs, `line-${block.line}.mjs`);
      await writeFile(file, code);
      const { stdout } = await run(process.execPath, [file], { cwd: folder, env: environment() });
      expect(printedBy(block.text)).not.toEqual([]);
      expect(stdout).toBe(`${printedBy(block.text).join('\n')}\n`);
    },
  );

  test.each(blocks.filter(({ language }) => language === 'console'))(
    'the commands at line $line print what it says',
    async block => {
      expect(commandsOf(block.text)).not.toEqual([]);
      for (const { command, stdout } of commandsOf(block.text)) {
        const ran = await run('bash', ['-c', command], { cwd: folder, env: environment() });
        expect(ran.stdout, command).toBe(stdout);
      }
    },
  );

  test.each(['Run it', 'Test it'])('has one command, in one block, under "## %s"', heading => {
    const section = page.split(/^## /m).find(part => part.startsWith(`${heading}\n`));
    const [block, ...more] = blocksOf(section ?? '');
    expect(more).toEqual([]);
    expect(block?.text.trim().split('\n')).toEqual([expect.stringMatching(/^npx -y pnpm@10 /)]);
  });
});
