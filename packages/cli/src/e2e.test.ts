import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const bin = fileURLToPath(new URL('../bin/run.js', import.meta.url));
// A start takes half a second on an idle machine; tests share theirs.
const patienceMs = 60_000;

let folder: string;
let env: NodeJS.ProcessEnv;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'megalith-cli-'));
  env = { ...process.env, MEGALITH_HOME: join(folder, 'home'), NO_COLOR: '1' };
  writeFileSync(
    join(folder, 'work.ts'),
    `export const square = (x: number): number => x * x;
     export const total = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0);
     export function unlucky(x: number): number { if (x === 3) throw new RangeError('no threes'); return x; }
     export const at = (i: number, { shared }: { shared: { table: Float64Array } }): number => shared.table[i]!;\n`,
  );
  writeFileSync(join(folder, 'numbers.json'), '[1, 2, 3, 4]');
  writeFileSync(join(folder, 'table.f64'), new Uint8Array(new Float64Array([0.5, 1.5, 2.5, 3.5, 4.5]).buffer));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly bytes: Buffer;
}

function start(args: readonly string[], stdin: 'ignore' | 'pipe' = 'ignore'): ChildProcess {
  return spawn(process.execPath, [bin, ...args], { cwd: folder, env, stdio: [stdin, 'pipe', 'pipe'] });
}

function ended(child: ChildProcess): Promise<Ended> {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout!.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr!.on('data', (chunk: Buffer) => stderr.push(chunk));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', code => {
      const bytes = Buffer.concat(stdout);
      resolve({ code, bytes, stdout: bytes.toString(), stderr: Buffer.concat(stderr).toString() });
    });
  });
}

function megalith(args: readonly string[], input?: string | Buffer): Promise<Ended> {
  const child = start(args, input === undefined ? 'ignore' : 'pipe');
  child.stdin?.end(input);
  return ended(child);
}

function ndjson(text: string): Record<string, unknown>[] {
  return text
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Record<string, unknown>);
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  const deadline = Date.now() + patienceMs;
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error(`not in time: ${what}`);
    await delay(20);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('megalith run', { timeout: patienceMs }, () => {
  it('ends as its command ends, and adds nothing to what it wrote', async () => {
    const { code, stdout, stderr } = await megalith(['run', '--', 'sh', '-c', 'echo out; echo err >&2; exit 42']);
    expect({ code, stdout, stderr }).toEqual({ code: 42, stdout: 'out\n', stderr: 'err\n' });
  });

  it('ends with 128 + n where signal n ended the command', async () => {
    expect((await megalith(['run', '--', 'sh', '-c', 'kill -KILL $$'])).code).toBe(137);
  });

  it('ends with 7 where the command took too long, and says so', async () => {
    const { code, stderr } = await megalith(['run', '--time', '200ms', '--', 'sleep', '600']);
    expect(code).toBe(7);
    expect(stderr).toContain('code: TIMED_OUT');
  });

  it('ends with 127 and a reason where there is no such program', async () => {
    const { code, stderr } = await megalith(['run', '--', 'megalith-no-such-program']);
    expect(code).toBe(127);
    expect(stderr).toContain("'megalith-no-such-program'");
  });

  it('passes bytes through as they are, in and out', async () => {
    const bytes = randomBytes(3_000_000);
    const { code, bytes: given } = await megalith(['run', '--', 'cat'], bytes);
    expect(code).toBe(0);
    expect(given.equals(bytes)).toBe(true);
  });

  it('keeps the words of the command in their order, also those that occur among the flags', async () => {
    const { stdout } = await megalith([
      'run',
      '--name',
      'b',
      '--tag',
      'a',
      '--',
      'echo',
      'a',
      'b',
      '--name',
      'a',
      '--json',
      '-h',
    ]);
    expect(stdout).toBe('a b --name a --json -h\n');
  });

  it('runs a shell line', async () => {
    expect((await megalith(['run', '--shell', 'echo abc | tr b x'])).stdout).toBe('axc\n');
  });

  it('gives one object under --json', async () => {
    const { code, stdout } = await megalith(['run', '--json', '--', 'sh', '-c', 'echo hi; exit 3']);
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({
      job: expect.any(String),
      command: "sh -c 'echo hi; exit 3'",
      state: 'failed',
      exitCode: 3,
      stdout: 'hi\n',
      runtimeMs: expect.any(Number),
      error: { code: 'EXITED', message: expect.any(String) },
    });
  });

  it('shows the plan of a dry run, and runs nothing', async () => {
    const marker = join(folder, 'dry');
    const { code, stdout } = await megalith(['run', '--dry-run', '--json', '--', 'touch', marker]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      chosen: { backend: 'local', cpus: expect.any(Number) },
      candidates: [{}],
    });
    expect(existsSync(marker)).toBe(false);
  });

  it.each([
    ['an unknown flag', ['run', '--nope', '--', 'true'], 'USAGE'],
    ['no command', ['run'], 'USAGE'],
    ['a wrong size', ['run', '--memory', 'much', '--', 'true'], 'USAGE'],
    ['a file that is not there', ['run', '--each', 'missing.txt', '--', 'echo'], 'USAGE'],
    ['a data file that is not there', ['map', './work.ts#square', '--data', 'missing.json'], 'USAGE'],
    ['an export that is not there', ['map', './work.ts#nothing', '--data', 'numbers.json'], 'CANNOT_SHIP'],
    ['an unknown command', ['rnu'], 'USAGE'],
  ])('ends with 2 for %s, with words and under --json with an object', async (_, args, errorCode) => {
    const [name, ...rest] = args;
    const [plain, json] = await Promise.all([megalith(args), megalith([name!, '--json', ...rest])]);
    expect([plain.code, json.code]).toEqual([2, 2]);
    expect(plain.stderr).toMatch(/^error: .*\nhint: /m);
    expect(plain.stderr).not.toMatch(/^ +at /m);
    expect(plain.stdout).toBe('');
    expect(JSON.parse(json.stdout)).toMatchObject({
      error: { code: errorCode, message: expect.any(String), hint: expect.any(String) },
    });
  });

  it('ends with 3 where no place is large enough', async () => {
    expect((await megalith(['run', '--memory', '4096TiB', '--', 'true'])).code).toBe(3);
  });

  it('uses a preference, unless a flag says otherwise', async () => {
    expect((await megalith(['config', 'set', 'time', '200ms'])).code).toBe(0);
    try {
      const sleep = ['--', 'sh', '-c', 'sleep 0.6; echo awake'];
      expect((await megalith(['run', ...sleep])).code).toBe(7);
      expect((await megalith(['run', '--time', '60s', ...sleep])).stdout).toBe('awake\n');
    } finally {
      await megalith(['config', 'unset', 'time']);
    }
  });
});

describe('megalith run --each', { timeout: patienceMs }, () => {
  it('prints in input order when asked, each task as one piece', async () => {
    const { code, stdout } = await megalith(
      ['run', '--each', '-', '-j', '2', '--keep-order', '--shell', 'i={}; echo ${i}a; sleep 0.$((4 - i)); echo ${i}b'],
      '1\n2\n3\n',
    );
    expect(code).toBe(0);
    expect(stdout).toBe('1a\n1b\n2a\n2b\n3a\n3b\n');
  });

  it('gives an object a task and one at the end under --json, and ends with 1 where some failed', async () => {
    const { code, stdout } = await megalith(
      ['run', '--each', '-', '--keep-order', '--json', '--', 'sh', '-c', 'echo {#}; exit {}'],
      '0\n3\n',
    );
    expect(code).toBe(1);
    const [first, second, summary] = ndjson(stdout);
    expect(first).toMatchObject({
      type: 'task',
      index: 0,
      sequence: 1,
      item: '0',
      state: 'done',
      exitCode: 0,
      stdout: '1\n',
      stderr: '',
    });
    expect(second).toMatchObject({
      type: 'task',
      index: 1,
      item: '3',
      state: 'failed',
      exitCode: 3,
      error: { code: 'EXITED' },
    });
    expect(summary).toMatchObject({
      type: 'summary',
      state: 'failed',
      counts: { total: 2, done: 1, failed: 1, cancelled: 0 },
      exitCode: 1,
    });
  });

  it('writes a joblog', async () => {
    const path = join(folder, 'joblog');
    await megalith(
      ['run', '--each', '-', '-j', '1', '--joblog', path, '--', 'sh', '-c', 'printf 12345; exit {}'],
      '0\n2\n',
    );
    const rows = readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map(line => line.split('\t'));
    expect(rows[0]).toEqual([
      'Seq',
      'Host',
      'Starttime',
      'JobRuntime',
      'Send',
      'Receive',
      'Exitval',
      'Signal',
      'Command',
    ]);
    expect(rows.slice(1).map(row => [row[0], row[5], row[6], row[7], row[8]])).toEqual([
      ['1', '5', '0', '0', "sh -c 'printf 12345; exit 0'"],
      ['2', '5', '2', '0', "sh -c 'printf 12345; exit 2'"],
    ]);
  });

  it('runs over the files of a glob', async () => {
    const { stdout } = await megalith(['run', '--each', '*.json', '-k', '--', 'echo', '{.}', '{#}']);
    expect(stdout).toBe('numbers 1\n');
  });

  it('stops after the first failure when told to', async () => {
    const items = Array.from({ length: 50 }, (_, i) => `${i}\n`).join('');
    const { code, stdout } = await megalith(
      ['run', '--each', '-', '-j', '1', '--halt', 'now,fail=1', '--json', '--shell', 'test {} -lt 2'],
      items,
    );
    expect(code).toBe(1);
    expect(ndjson(stdout).at(-1)).toMatchObject({ counts: { done: 2, failed: 1 } });
  });

  it('ends quietly when nobody reads on', async () => {
    const child = start(['run', '--each', '-', '--', 'echo'], 'pipe');
    child.stdin!.on('error', () => undefined);
    child.stdin!.end('line\n'.repeat(200_000));
    child.stdout!.once('data', () => child.stdout!.destroy());
    const { code, stderr } = await ended(child);
    expect(code).toBe(141);
    expect(stderr).toBe('');
  });
});

describe('megalith map', { timeout: patienceMs }, () => {
  it('gives results in input order, as lines or as an array', async () => {
    expect((await megalith(['map', './work.ts#square', '--data', 'numbers.json'])).stdout).toBe('1\n4\n9\n16\n');
    expect((await megalith(['map', 'work.ts#square', '--data', '-', '--output', 'squares.json'], '5\n6\n')).code).toBe(
      0,
    );
    expect(JSON.parse(readFileSync(join(folder, 'squares.json'), 'utf8'))).toEqual([25, 36]);
  });

  it('reduces', async () => {
    expect((await megalith(['map', './work.ts#square', '--data', 'numbers.json', '--reduce', 'total'])).stdout).toBe(
      '30\n',
    );
  });

  it('shares a file with all tasks', async () => {
    const { stdout } = await megalith([
      'map',
      './work.ts#at',
      '--data',
      'numbers.json',
      '--shared',
      'table=table.f64:Float64Array',
    ]);
    expect(stdout).toBe('1.5\n2.5\n3.5\n4.5\n');
  });

  it('gives what went well, names what failed, and ends with 1', async () => {
    const { code, stdout, stderr } = await megalith(['map', './work.ts#unlucky', '--data', 'numbers.json', '--quiet']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '1\n2\n4\n' });
    expect(stderr).toContain('RangeError: no threes');
    expect(stderr).not.toMatch(/^ +at /m);
  });

  it('tells each task under --json', async () => {
    const { stdout } = await megalith(['map', './work.ts#unlucky', '--data', '-', '--json'], '1\n3\n');
    const [first, second, summary] = ndjson(stdout);
    expect(first).toMatchObject({ type: 'result', index: 0, state: 'done', value: 1 });
    expect(second).toMatchObject({ type: 'result', index: 1, state: 'failed', error: { code: 'THREW' } });
    expect(summary).toMatchObject({ type: 'summary', counts: { total: 2, done: 1, failed: 1 }, exitCode: 1 });
  });

  it('names file and line of data that cannot be read', async () => {
    writeFileSync(join(folder, 'bad.ndjson'), '1\n{oops\n');
    const { code, stderr } = await megalith(['map', './work.ts#square', '--data', 'bad.ndjson']);
    expect(code).toBe(2);
    expect(stderr).toContain('"bad.ndjson", line 2');
  });
});

describe('megalith jobs', { timeout: patienceMs }, () => {
  it('lists, shows, prints and removes a job by the start of its id', async () => {
    const { job } = JSON.parse(
      (await megalith(['run', '--json', '--name', 'known', '--', 'sh', '-c', 'echo out; echo err >&2'])).stdout,
    );
    const prefix = job.slice(0, 8);
    const list = await megalith(['jobs', '--json']);
    expect(JSON.parse(list.stdout).jobs).toContainEqual(
      expect.objectContaining({ id: job, name: 'known', state: 'done' }),
    );
    expect((await megalith(['jobs'])).stdout).toMatch(new RegExp(`^${job} +done +1 +0 .* known$`, 'm'));
    expect((await megalith(['jobs', 'show', prefix])).stdout).toContain('1 done, 0 failed');
    expect((await megalith(['jobs', 'logs', prefix, '--stderr'])).stdout).toBe('err\n');
    expect((await megalith(['jobs', 'wait', prefix])).code).toBe(0);
    expect((await megalith(['jobs', 'rm', prefix])).stdout).toBe(`${job}\n`);
    const gone = await megalith(['jobs', 'show', prefix, '--json']);
    expect(gone.code).toBe(1);
    expect(JSON.parse(gone.stdout)).toMatchObject({ error: { code: 'NOT_FOUND' } });
  });

  it('cancels a job of another process', async () => {
    const pidFile = join(folder, 'cancel.pid');
    const run = start([
      'run',
      '--name',
      'long',
      '--',
      'sh',
      '-c',
      `echo $$ > ${pidFile}.new; mv ${pidFile}.new ${pidFile}; exec sleep 600`,
    ]);
    const over = ended(run);
    await until('the command runs', () => existsSync(pidFile));
    const { jobs } = JSON.parse((await megalith(['jobs', '--json'])).stdout);
    const { id } = jobs.find((one: { name: string }) => one.name === 'long');
    const cancelled = await megalith(['jobs', 'cancel', id]);
    expect(cancelled.stdout).toBe(`${id} cancelled\n`);
    expect((await over).code).toBe(130);
    expect(isAlive(Number(readFileSync(pidFile, 'utf8')))).toBe(false);
  });
});

describe('the wish to end', { timeout: patienceMs }, () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s cancels the command, and nothing is left', async signal => {
    const pidFile = join(folder, `${signal}.pid`);
    const child = start([
      'run',
      '--',
      'sh',
      '-c',
      `echo $$ > ${pidFile}.new; mv ${pidFile}.new ${pidFile}; exec sleep 600`,
    ]);
    const over = ended(child);
    await until('the command runs', () => existsSync(pidFile));
    child.kill(signal);
    const { code, stderr } = await over;
    expect(code).toBe(130);
    expect(stderr).toContain('cancelling');
    const pid = Number(readFileSync(pidFile, 'utf8'));
    await until('the command is gone', () => !isAlive(pid));
  });

  it('does not wait for input that may never come', async () => {
    const child = start(['run', '--each', '-', '--', 'echo'], 'pipe');
    const over = ended(child);
    child.stdin!.write('first\n');
    await new Promise(resolve => child.stdout!.once('data', resolve));
    child.kill('SIGINT');
    expect((await over).code).toBe(130);
  });

  it('asked twice, it kills what does not end by itself', async () => {
    const pidFile = join(folder, 'twice.pid');
    const stubborn = `trap '' TERM; echo $$ > ${pidFile}.new; mv ${pidFile}.new ${pidFile}; while :; do sleep 1; done`;
    const child = start(['run', '--grace', '10m', '--', 'sh', '-c', stubborn]);
    let said = '';
    child.stderr!.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const over = ended(child);
    await until('the command runs', () => existsSync(pidFile));
    child.kill('SIGINT');
    await until('it says so', () => said.includes('cancelling'));
    child.kill('SIGINT');
    expect((await over).code).toBe(130);
    const pid = Number(readFileSync(pidFile, 'utf8'));
    await until('the command is gone', () => !isAlive(pid));
  });
});

describe('megalith doctor', { timeout: patienceMs }, () => {
  it('finds that jobs can run here', async () => {
    const { code, stdout } = await megalith(['doctor', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true });
    expect(code).toBe(0);
  });

  it('describes what would travel with a function', async () => {
    const { stdout } = await megalith(['doctor', 'fn', './work.ts#square', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ name: 'square', bundleBytes: expect.any(Number), notPortable: [] });
  });
});

describe('megalith help', { timeout: patienceMs }, () => {
  it('explains the exit codes', async () => {
    expect((await megalith(['help', 'exit-codes'])).stdout).toContain('130');
  });
});
