import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { within } from '../../conformance/eventually.js';
import { untilGreeted } from '../banner.js';
import { firstLine } from '../first-line.js';
import { type KeyPair, newKeyPair } from '../keys.js';
import { markVariable, newOwnedFolder } from '../owned-folder.js';
import { shiftedClock } from '../shifted-clock.js';
import { sshdConfig } from '../sshd-config.js';
import type { HostOptions, TestHost } from '../test-host.js';
import { type LoopbackHostSettings, loopbackHost, loopbackPath } from './loopback-host.js';
import type { GuardPlan, ServerPlan, Ssh2ServerPlan } from './server-plan.js';

type Prepared = Omit<LoopbackHostSettings, 'serverPid'> & { readonly server: ServerPlan };

/** Hosts on 127.0.0.x, with sshd or ssh2's server; `close` ends them all. */
export async function startLoopbackHosts(
  kind: 'loopback' | 'ssh2',
  count: number,
  options: HostOptions,
): Promise<{ readonly all: TestHost[]; close(): Promise<void> }> {
  const folder = newOwnedFolder();
  const userKey = newKeyPair('megalith-test');
  writeFileSync(join(folder, 'id'), userKey.privateText, { mode: 0o600 });
  if (kind === 'loopback') allowSshd();
  const prepared: Prepared[] = [];
  for (let number = 1; number <= count; number += 1) {
    prepared.push(await prepare(kind, number, folder, userKey, options));
  }

  const plan: GuardPlan = { folder, servers: prepared.map(({ server }) => server) };
  const guard = spawn(process.execPath, [loopbackProgram('guard-process'), JSON.stringify(plan)], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const close = async () => {
    const ended = guard.exitCode === null && guard.signalCode === null ? once(guard, 'exit') : undefined;
    guard.stdin.end();
    if (ended !== undefined) await within(20_000, 'the end of the hosts on 127.0.0.x', ended);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const pids: number[] = JSON.parse(await firstLine(guard));
    await Promise.all(prepared.map(({ entry: { address, port } }) => untilGreeted(address, port)));
    return { all: prepared.map((settings, index) => loopbackHost({ ...settings, serverPid: pids[index]! })), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function prepare(
  kind: 'loopback' | 'ssh2',
  number: number,
  folder: string,
  userKey: KeyPair,
  options: HostOptions,
): Promise<Prepared> {
  const { behindFirst = false, clockOffsetMs = 0, socketForwarding = true } = options;
  const name = `host${number}`;
  const home = join(folder, String(number));
  const file = (suffix: string) => join(folder, `${number}.${suffix}`);
  const mark = `${basename(folder)}/${number}`;
  const hostKey = newKeyPair(name);
  const hostKeyFile = file('key');
  const authorizedKeysFile = file('authorized');
  const address = `127.0.0.${10 + number}`;
  const port = await freePort(address);
  const user = userInfo().username;
  mkdirSync(home, { mode: 0o700 });
  writeFileSync(hostKeyFile, hostKey.privateText, { mode: 0o600 });
  writeFileSync(authorizedKeysFile, userKey.publicLine);
  const env: Record<string, string> = { [markVariable]: mark, PATH: loopbackPath };
  if (clockOffsetMs !== 0) {
    writeFileSync(file('clock.cjs'), shiftedClock(clockOffsetMs));
    env.NODE_OPTIONS = `--require=${file('clock.cjs')}`;
  }

  const common = { address, port, hostKeyFile, authorizedKeysFile, socketForwarding, env };
  const ssh2Plan: Ssh2ServerPlan = { ...common, user, home };
  if (kind === 'loopback') {
    writeFileSync(file('session.sh'), sessionScript(home));
    writeFileSync(file('conf'), sshdConfig({ ...common, forceCommand: `/bin/sh '${file('session.sh')}'` }));
  }
  const command: ServerPlan['command'] =
    kind === 'loopback'
      ? [sshdPath(), '-D', '-e', '-f', file('conf')]
      : [process.execPath, loopbackProgram('ssh2-server-process'), JSON.stringify(ssh2Plan)];
  const entry = { name, address, port, user, identityFile: join(folder, 'id'), hostKeys: [hostKey.fingerprint] };
  return {
    entry: behindFirst && number > 1 ? { ...entry, jump: 'host1' } : entry,
    home,
    mark,
    env,
    abilities: kind === 'loopback' ? ['openssh'] : [],
    forks: kind === 'loopback',
    hostKeyFile,
    authorizedKeysFile,
    logFile: file('log'),
    server: { command, logFile: file('log') },
  };
}

/** sshd knows one home for the user; each host has another. */
function sessionScript(home: string): string {
  return `export HOME='${home}'
cd
[ -z "\${SSH_ORIGINAL_COMMAND+set}" ] || exec /bin/sh -c "$SSH_ORIGINAL_COMMAND"
exec /bin/sh
`;
}

/** sshd insists on being called by its whole path. Undefined where there is none. */
export function findSshd(): string | undefined {
  const folders = ['/usr/sbin', '/usr/local/sbin', ...(process.env.PATH ?? '').split(':')];
  return folders.map(folder => join(folder, 'sshd')).find(path => existsSync(path));
}

function sshdPath(): string {
  const path = findSshd();
  if (path === undefined) throw new Error('there is no sshd on this machine; MEGALITH_TEST_HOSTS=ssh2 needs none');
  return path;
}

/** Where root runs it, sshd wants an empty folder that a system's own start of it would make. */
function allowSshd(): void {
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
}

/** Programs run from `dist`, also for a test that runs from `src`. */
export function loopbackProgram(name: string): string {
  return fileURLToPath(new URL(`../../../dist/hosts/loopback/${name}.js`, import.meta.url));
}

export async function freePort(address: string): Promise<number> {
  const server = createServer().listen(0, address);
  await once(server, 'listening');
  const found = server.address();
  server.close();
  await once(server, 'close');
  if (found === null || typeof found === 'string') throw new Error(`no port is free at ${address}`);
  return found.port;
}
