import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { expectCurrentBundle } from './built.js';
import { isAlive, patienceMs, until } from './megalith.js';

const bin = fileURLToPath(new URL('../../bin/run.cjs', import.meta.url));
let folder: string;

beforeEach(() => {
  expectCurrentBundle();
  folder = mkdtempSync(join(tmpdir(), 'megalith-start-'));
  writeFileSync(join(folder, 'hosts'), '');
  writeFileSync(join(folder, 'bundles'), '');
  const hosts = JSON.stringify(join(folder, 'hosts'));
  writeFileSync(
    join(folder, 'count.cjs'),
    `const files = require('node:fs');
     const { readFileSync } = files;
     files.readFileSync = (path, ...rest) => {
       const bundle = /dist.bundle.(\\w+)\\.cjs$/.exec(path)?.[1];
       if (bundle) files.appendFileSync(${JSON.stringify(join(folder, 'bundles'))}, bundle + '\\n');
       return readFileSync(path, ...rest);
     };
     const processes = require('node:child_process');
     const { spawn } = processes;
     processes.spawn = (file, args, options) => {
       const child = spawn(file, args, options);
       if (args[1] === 'local') require('node:fs').appendFileSync(${hosts}, child.pid + '\\n');
       return child;
     };`,
  );
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Process ids of the job hosts that a command line started, and its exit code. */
function hostsOf(...args: string[]): { readonly pids: readonly number[]; readonly code: number | null } {
  const env = { ...process.env, MEGALITH_HOME: folder, NODE_OPTIONS: `--require=${join(folder, 'count.cjs')}` };
  const { status } = spawnSync(process.execPath, [bin, ...args], { cwd: folder, env, stdio: 'ignore' });
  const pids = readFileSync(join(folder, 'hosts'), 'utf8').trim().split('\n').filter(Boolean).map(Number);
  return { pids, code: status };
}

describe('a start', { timeout: patienceMs }, () => {
  it.each([[['run', '--', 'true']], [['run', '-j', '2', '--', 'true']], [['run', '--shell', 'true']]])(
    'brings one job host: %j',
    args => {
      const { pids, code } = hostsOf(...args);
      expect(code).toBe(0);
      expect(pids).toHaveLength(1);
    },
  );

  it('brings one job host where the preferences say what it is like', () => {
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ home: folder, slots: 1 }));
    expect(hostsOf('run', '--', 'true')).toEqual({ code: 0, pids: [expect.any(Number)] });
  });

  it.each([[['run', '--dry-run', '--', 'true']], [['run', '--help']], [['jobs']]])('brings none: %j', args => {
    expect(hostsOf(...args)).toEqual({ code: 0, pids: [] });
  });

  it.each([
    [['--version'], ['start', 'main']],
    [
      ['run', '--', 'true'],
      ['start', 'main'],
    ],
    [['jobs'], ['start', 'main', 'standalone']],
    [['hosts'], ['start', 'main', 'standalone']],
    [
      ['ec2', 'iam'],
      ['start', 'main', 'standalone'],
    ],
  ])("loads what it needs, and nobody's clouds, though one is configured: %j", (args, bundles) => {
    writeFileSync(join(folder, 'megalith.yaml'), 'ec2: { region: us-east-1, endpoint: "http://127.0.0.1:9" }');
    expect(hostsOf(...args).code).toBe(0);
    expect([...new Set(readFileSync(join(folder, 'bundles'), 'utf8').trim().split('\n'))]).toEqual(bundles);
  });

  it('leaves none behind where the command line is wrong', async () => {
    const { pids, code } = hostsOf('run', '--nope', '--', 'true');
    expect(code).toBe(2);
    await until('the spare hosts are gone', () => !pids.some(isAlive));
  });
});
