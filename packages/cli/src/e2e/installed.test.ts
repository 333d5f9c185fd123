import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectCurrentBundle } from './built.js';
import { patienceMs } from './megalith.js';

const checkout = fileURLToPath(new URL('../../../..', import.meta.url));
const packages = ['agent', 'packages/core', 'packages/standalone', 'packages/cli'];
let folder: string;

/** Puts the files that would be published where npm would put them, and beside them what they depend on. */
beforeAll(() => {
  expectCurrentBundle();
  folder = mkdtempSync(join(tmpdir(), 'megalith-installed-'));
  const modules = join(folder, 'node_modules');
  for (const source of packages.map(path => join(checkout, path))) {
    const { name, dependencies = {} } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'));
    const [{ files }] = JSON.parse(
      execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
        cwd: source,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }),
    );
    for (const { path } of files) cpSync(join(source, path), join(modules, name, path));
    for (const dependency of Object.keys(dependencies)) {
      const target = join(modules, dependency);
      if (dependency.startsWith('@megalith/') || existsSync(target)) continue;
      mkdirSync(dirname(target), { recursive: true });
      symlinkSync(join(source, 'node_modules', dependency), target);
    }
  }
  writeFileSync(join(folder, 'work.mjs'), 'export const square = x => x * x;\n');
  writeFileSync(join(folder, 'numbers.json'), '[1, 2, 3]');
}, patienceMs);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function installed(...args: string[]): string {
  const bin = join(folder, 'node_modules/@megalith/cli/bin/run.cjs');
  const env = { ...process.env, MEGALITH_HOME: join(folder, 'home') };
  return execFileSync(process.execPath, [bin, ...args], { cwd: folder, env, encoding: 'utf8' });
}

describe('the packages as they are published', { timeout: patienceMs }, () => {
  it('run commands', () => {
    expect(installed('run', '--', 'echo', 'hi')).toBe('hi\n');
    expect(installed('jobs')).toContain('echo');
  });

  it('keep what they compiled for the next start', () => {
    installed('--version');
    const files = readdirSync(join(folder, 'node_modules/@megalith/cli/dist/bundle'));
    expect(files.filter(name => name.startsWith('main.cjs.'))).toHaveLength(1);
    expect(installed('--version')).toMatch(/^@megalith\/cli\/\d/);
  });

  it('ship functions', () => {
    expect(installed('map', 'work.mjs#square', '--data', 'numbers.json', '--keep-order')).toBe('1\n4\n9\n');
  });

  it('have help and plugins', () => {
    expect(installed('help')).toContain('autocomplete');
    expect(installed('run', '--help')).toContain('--keep-order');
  });
});
