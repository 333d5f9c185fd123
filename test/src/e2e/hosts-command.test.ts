import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startHosts } from '../hosts/start-hosts.js';
import type { TestHost, TestHosts } from '../hosts/test-host.js';
import { checkout } from './user-folder.js';

const bin = join(checkout, 'packages/cli/bin/run.js');
const hasScript = existsSync('/usr/bin/script');
const hasKeyscan = existsSync('/usr/bin/ssh-keyscan');
let hosts: TestHosts;
let alpha: TestHost;
let folder: string;

beforeAll(async () => {
  hosts = await startHosts(2);
  alpha = hosts.first;
});
afterAll(() => hosts?.close());

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'megalith-hosts-'));
  mkdirSync(join(folder, '.ssh'), { mode: 0o700 });
  mkdirSync(join(folder, 'work'));
  return () => rmSync(folder, { recursive: true });
});

const userFile = () => join(folder, 'megalith', 'megalith.yaml');
const place = (host: TestHost) => `${host.user}@${host.address}:${host.port}`;
const environment = () => {
  const { SSH_AUTH_SOCK: _, ...env } = process.env;
  return { ...env, HOME: folder, MEGALITH_HOME: join(folder, 'megalith'), NO_COLOR: '1' };
};

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** @param onOutput sees all that was printed so far, and answers through `stdin` or a signal */
function run(
  program: string,
  args: readonly string[],
  onOutput?: (text: string, child: ReturnType<typeof spawn>) => void,
): Promise<Ended> {
  const child = spawn(program, args, { cwd: join(folder, 'work'), env: environment(), stdio: 'pipe' });
  if (onOutput === undefined) child.stdin.end();
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', text => {
    stdout += text;
    onOutput?.(stdout, child);
  });
  child.stderr.setEncoding('utf8').on('data', text => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', code => resolve({ code, stdout, stderr }));
  });
}

const megalith = (...args: readonly string[]) => run(process.execPath, [bin, ...args]);

/** The command at a terminal; `answer` is typed once the question is there. */
function atTerminal(answer: string, ...args: readonly string[]): Promise<Ended> {
  let answered = false;
  const command = [process.execPath, bin, ...args].map(word => `'${word}'`).join(' ');
  return run('/usr/bin/script', ['-qec', command, '/dev/null'], (text, child) => {
    if (answered || !text.includes('(yes/no)')) return;
    answered = true;
    child.stdin!.write(answer);
  });
}

/** Adds a host by the fingerprint that the test knows. */
function add(host: TestHost, name: string, ...more: readonly string[]): Promise<Ended> {
  const identity = ['--identity', host.identityFile, '--fingerprint', host.hostKeys[0]!];
  return megalith('hosts', 'add', place(host), '--name', name, ...identity, ...more);
}

async function writeKnownHosts(name: string, host: TestHost): Promise<void> {
  const { stdout } = await run('ssh-keyscan', ['-p', String(host.port), host.address]);
  const lines = stdout.split('\n').filter(line => line !== '' && !line.startsWith('#'));
  const names = host.port === 22 ? name : `[${name}]:${host.port}`;
  writeFileSync(join(folder, '.ssh/known_hosts'), lines.map(line => line.replace(/^\S+/, names)).join('\n'));
}

function writeSshConfig(host: TestHost, alias = 'alpha'): void {
  writeFileSync(
    join(folder, '.ssh/config'),
    `Host ${alias}\n  HostName ${host.address}\n  Port ${host.port}\n  User ${host.user}\n  IdentityFile ${host.identityFile}\nHost stranger\n  HostName 127.0.0.99\n`,
  );
}

describe('megalith hosts', () => {
  it('adds a host by its fingerprint, lists, shows, checks and removes it', async () => {
    const added = await add(alpha, 'alpha', '--memory', '1GiB', '--cpus', '2', '--json');
    expect(added).toMatchObject({ code: 0, stderr: expect.stringContaining('added "alpha"') });
    const { host, facts } = JSON.parse(added.stdout);
    expect(host).toMatchObject({ name: 'alpha', address: alpha.address, hostKeys: [alpha.hostKeys[0]], cpus: 2 });
    expect(facts).toMatchObject({ arch: process.arch, cpus: expect.any(Number), node: { path: expect.any(String) } });
    expect(statSync(userFile()).mode & 0o777).toBe(0o600);

    expect((await megalith('hosts')).stdout).toMatch(/^alpha +\S+ +\S+ +internal +2 vCPU, 1GiB +- +\S+megalith.yaml$/m);
    expect((await megalith('hosts', 'show', place(alpha))).stdout).toContain(alpha.hostKeys[0]);
    const check = await megalith('hosts', 'check');
    expect(check).toMatchObject({ code: 0, stdout: expect.stringMatching(/^alpha +ok +\S+$/m) });

    const again = await add(alpha, 'alpha');
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('megalith hosts rm alpha') });
    expect(await megalith('hosts', 'rm', 'alpha')).toMatchObject({ code: 0, stdout: 'alpha\n' });
    expect(JSON.parse((await megalith('hosts', '--json')).stdout).hosts).toEqual([]);
  });

  it('writes into the project where there is one, and keeps its comments', async () => {
    const file = join(folder, 'megalith.yaml');
    writeFileSync(file, '# ours\nagent: {idle: 1m} # short\n');
    expect(await add(alpha, 'alpha')).toMatchObject({ code: 0 });
    expect(readFileSync(file, 'utf8')).toMatch(/^# ours\nagent: \{idle: 1m\} # short\n\nhosts:\n {2}alpha:\n/);
    expect(existsSync(userFile())).toBe(false);
  });

  it('refuses a host whose key is not the given one, and tells which it saw', async () => {
    const wrong = `SHA256:${'A'.repeat(43)}`;
    const refused = await megalith('hosts', 'add', place(alpha), '-i', alpha.identityFile, '--fingerprint', wrong);
    expect(refused).toMatchObject({ code: 6, stderr: expect.stringContaining(alpha.hostKeys[0]!) });
    expect(existsSync(userFile())).toBe(false);
  });

  it('gives the command to repeat where nobody can be asked', async () => {
    const refused = await megalith(
      'hosts',
      'add',
      place(alpha),
      '--name',
      'alpha',
      '--identity',
      alpha.identityFile,
      '-y',
    );
    const [, command = ''] = /then: megalith (.*)/.exec(refused.stderr) ?? [];
    expect(refused.code).toBe(6);
    expect(existsSync(userFile())).toBe(false);
    expect(await megalith(...command.split(' '))).toMatchObject({ code: 0 });
  });

  it.runIf(hasKeyscan)('takes over what ~/.ssh/config and known_hosts say', async () => {
    writeSshConfig(alpha);
    expect(await megalith('hosts', 'import')).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('alpha: its key is not in known_hosts'),
    });
    await writeKnownHosts(alpha.address, alpha);
    expect(await megalith('hosts', 'import')).toMatchObject({ code: 2, stdout: expect.stringContaining('alpha') });
    expect(existsSync(userFile())).toBe(false);
    expect(await megalith('hosts', 'import', 'al*', '--yes')).toMatchObject({ code: 0 });
    expect(await megalith('hosts', 'check', 'alpha')).toMatchObject({ code: 0 });
    expect(await megalith('hosts', 'add', 'alpha', '--name', 'beta', '--yes')).toMatchObject({ code: 0 });
    expect(await megalith('hosts', 'check')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^beta +ok/m) });
  });

  it('says for each host which layer fails', async () => {
    const free = createServer().listen(0, '127.0.0.1');
    await new Promise(resolve => free.once('listening', resolve));
    const { port } = free.address() as { port: number };
    await new Promise(resolve => free.close(resolve));
    const key = alpha.hostKeys[0];
    const entry = (fields: string) => `{address: ${alpha.address}, port: ${alpha.port}, ${fields}}`;
    const user = `user: ${alpha.user}, identityFile: ${alpha.identityFile}`;
    writeFileSync(
      join(folder, 'megalith.yaml'),
      `hosts:
  good: ${entry(`${user}, hostKeys: ["${key}"]`)}
  changed: ${entry(`${user}, hostKeys: ["SHA256:${'A'.repeat(43)}"]`)}
  keyless: ${entry(`user: ${alpha.user}, hostKeys: ["${key}"]`)}
  closed: {address: 127.0.0.1, port: ${port}, ${user}, hostKeys: ["${key}"]}
  nameless: {address: no-such-host.invalid, ${user}, hostKeys: ["${key}"]}
`,
    );
    const { code, stdout } = await megalith('hosts', 'check', '--json');
    expect(code).toBe(6);
    const layers = JSON.parse(stdout).hosts.map((host: { name: string; layer?: string }) => [host.name, host.layer]);
    expect(Object.fromEntries(layers)).toEqual({
      good: undefined,
      changed: 'hostKey',
      keyless: expect.stringMatching(/^(user|key)$/),
      closed: 'port',
      nameless: 'name',
    });
    expect(await megalith('hosts', 'add', `x@127.0.0.1:${port}`)).toMatchObject({ code: 6 });
    expect(await megalith('hosts', 'check', 'god')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('"good"'),
    });
  });

  it('names the place of what is wrong in a file', async () => {
    writeFileSync(join(folder, 'megalith.yaml'), 'hosts:\n  alpha: {address: a, user: u, port: 0}\n');
    const { code, stderr } = await megalith('hosts');
    expect(code).toBe(2);
    expect(stderr).toContain(`in "${join(folder, 'megalith.yaml')}", line 2: hosts.alpha.port is 0`);
    expect(stderr).toContain('from 1 to 65535');
  });

  describe.runIf(hasScript)('at a terminal', () => {
    const command = () => ['hosts', 'add', place(alpha), '--name', 'alpha', '-i', alpha.identityFile];

    it('shows the key, asks, and adds after "yes"', async () => {
      const { code, stdout } = await atTerminal('yes\n', ...command());
      expect(stdout).toContain(alpha.hostKeys[0]);
      expect(stdout).toContain('Is this right? (yes/no)');
      expect(stdout).toContain('usable memory');
      expect(code).toBe(0);
      expect((await megalith('hosts')).stdout).toMatch(/^alpha /m);
    });

    it.each([
      ['"no"', 'no\n'],
      ['the end of input', '\x04'],
      ['Ctrl-C', '\x03'],
    ])('writes nothing after %s', async (_, answer) => {
      const { code, stdout } = await atTerminal(answer, ...command());
      expect(code).toBe(130);
      expect(stdout).toMatch(/not added|cancelled|not answered/);
      expect(existsSync(join(folder, 'megalith')) ? readdirSync(join(folder, 'megalith')) : []).toEqual([]);
    });
  });
});
