import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  freePort,
  type HostKeyType,
  type HostOptions,
  newFolder,
  newKey,
  processesBelow,
  type TestHost,
  targetAt,
  until,
} from './test-host.fixture.js';

const sshdPath = '/usr/sbin/sshd';

/** Why there is no OpenSSH server for tests here; undefined where there is one. */
export const noSshd: string | undefined = existsSync(sshdPath) ? undefined : `${sshdPath} is not installed`;

export interface Sshd extends TestHost {
  readonly pid: number;
  /** The file of each private host key, by type. */
  readonly hostKeyPaths: Readonly<Partial<Record<HostKeyType, string>>>;
}

/** A real sshd with keys and configuration of its own, in a folder of its own. */
export async function startSshd(
  options: HostOptions = {},
  before: readonly string[] = [],
  listen = '127.0.0.1',
): Promise<Sshd> {
  const folder = newFolder();
  const user = newKey();
  const hostKeys = (options.keyTypes ?? ['ed25519']).map(type => {
    const pair = newKey(join(folder.path, `host_${type}`), type);
    writeFileSync(pair.key.path, `${pair.key.text.trimEnd()}\n`, { mode: 0o600 });
    return [type, pair] as const;
  });
  const port = await freePort();
  const authorized = join(folder.path, 'authorized_keys');
  writeFileSync(authorized, options.knowsUser === false ? '' : `${user.publicLine}\n`, { mode: 0o600 });
  const config = join(folder.path, 'sshd_config');
  writeFileSync(
    config,
    [
      `Port ${port}`,
      `ListenAddress ${listen}`,
      ...hostKeys.map(([, { key }]) => `HostKey ${key.path}`),
      `AuthorizedKeysFile ${authorized}`,
      `AllowStreamLocalForwarding ${options.allowsSockets === false ? 'no' : 'yes'}`,
      `AllowTcpForwarding ${options.allowsTcp === false ? 'no' : 'yes'}`,
      `PubkeyAuthentication ${options.method === 'password' ? 'no' : 'yes'}`,
      `PasswordAuthentication ${options.method === 'password' ? 'yes' : 'no'}`,
      'KbdInteractiveAuthentication no',
      'PermitRootLogin yes',
      'UsePAM no',
      'StrictModes no',
      'PidFile none',
      'PrintMotd no',
      'PrintLastLog no',
      'MaxStartups 200',
    ].join('\n'),
  );
  // Debian's sshd wants its privilege separation folder, which its service makes.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const [program, ...words] = [...before, sshdPath, '-D', '-e', '-f', config];
  const child: ChildProcess = spawn(program!, words, { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr!.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  await until(() => log.includes('Server listening') || child.exitCode !== null, `sshd listens: ${log}`);
  if (child.exitCode !== null) throw new Error(`sshd did not start: ${log}`);
  const fingerprints = Object.fromEntries(hostKeys.map(([type, pair]) => [type, pair.fingerprint]));
  return {
    port,
    pid: child.pid!,
    hostKeyPaths: Object.fromEntries(hostKeys.map(([type, pair]) => [type, pair.key.path])),
    fingerprints,
    target: targetAt(port, user.key, Object.values(fingerprints)),
    async stop() {
      const ended = new Promise<void>(resolve => {
        if (child.exitCode !== null || child.signalCode !== null) resolve();
        else child.once('exit', () => resolve());
      });
      for (const pid of processesBelow(child.pid!)) end(pid);
      await ended;
      folder.remove();
    },
  };
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
