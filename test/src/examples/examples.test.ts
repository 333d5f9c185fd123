import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const run = promisify(execFile);
const examples = fileURLToPath(new URL('../../../examples/', import.meta.url));

let home = '';
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'megalith-examples-'));
});
afterAll(async () => {
  await rm(home, { recursive: true });
});

/** An example's stdout; rejects if it ended with anything but 0, which is how each says that its own checks failed. */
async function stdoutOf(program: string, ...args: string[]): Promise<string> {
  return (await run(program, args, { cwd: home, env: { ...process.env, MEGALITH_HOME: home } })).stdout;
}

test('flights: the delays of 200,000 flights agree with what is known of them', async () => {
  const stdout = await stdoutOf(process.execPath, join(examples, 'dist/flights/main.js'));
  expect(stdout.match(/^ok /gm)).toHaveLength(4);
  expect(stdout).toContain('●');
});

test('monte-carlo: 100,000,000 draws come to the exact value within their error', async () => {
  const stdout = await stdoutOf(process.execPath, join(examples, 'dist/monte-carlo/main.js'));
  expect(stdout).toContain('100,000,000 draws');
  expect(stdout).toContain(': ok');
});

test('commands: files compressed together are the same as those compressed one after the other', async () => {
  const stdout = await stdoutOf(join(examples, 'commands/compress.sh'));
  expect(stdout).toContain('the same 25 files, byte for byte');
});
