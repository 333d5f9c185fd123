import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import ssh2, { type Client, type ClientChannel } from 'ssh2';
import { within } from '../conformance/eventually.js';
import { run } from './run.js';
import type { HostExecResult, TestHost } from './test-host.js';

/** Runs a command by the OpenSSH client, which asks nobody and remembers no key. */
export function openSsh(host: TestHost, command: string, ...options: readonly string[]): Promise<HostExecResult> {
  return run('ssh', [...sshArguments(host), ...options, `${host.user}@${host.address}`, command], {
    timeoutMs: 30_000,
  });
}

/** Options for ssh and, but for the port's, scp. */
export function sshArguments({ port, identityFile }: TestHost): string[] {
  const settings = ['BatchMode=yes', 'StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'LogLevel=ERROR'];
  return ['-F', 'none', '-i', identityFile, '-p', String(port), ...settings.flatMap(setting => ['-o', setting])];
}

/** A connection by ssh2. */
export interface Ssh2Connection {
  readonly client: Client;
  /** What the host showed: `SHA256:…`. */
  readonly fingerprint: string;
  readonly isClosed: () => boolean;
  start(command: string): Promise<ClientChannel>;
  openSocket(path: string): Promise<ClientChannel>;
}

export async function ssh2Connect(host: TestHost): Promise<Ssh2Connection> {
  const client = new ssh2.Client();
  let fingerprint = '';
  let closed = false;
  const ready = new Promise<void>((resolve, reject) => {
    client.on('ready', resolve);
    client.on('error', reject);
    client.on('close', () => {
      closed = true;
      reject(new Error('the connection was closed'));
    });
  });
  client.connect({
    host: host.address,
    port: host.port,
    username: host.user,
    privateKey: readFileSync(host.identityFile),
    readyTimeout: 10_000,
    hostVerifier: (key: Buffer) => {
      fingerprint = `SHA256:${createHash('sha256').update(key).digest('base64').replaceAll('=', '')}`;
      return true;
    },
  });
  await within(15_000, 'an SSH connection', ready);
  const channel = (open: (done: (error: Error | undefined, channel: ClientChannel) => void) => void) => {
    const opened = new Promise<ClientChannel>((resolve, reject) => {
      open((error, channel) => (error === undefined ? resolve(channel) : reject(error)));
    });
    return within(10_000, 'a channel', opened);
  };
  return {
    client,
    fingerprint,
    isClosed: () => closed,
    start: command => channel(done => client.exec(command, done)),
    openSocket: path => channel(done => client.openssh_forwardOutStreamLocal(path, done)),
  };
}

/** The next piece that a stream gives, within 10 seconds. */
export function nextText(stream: NodeJS.ReadableStream): Promise<string> {
  return within(
    10_000,
    'an answer',
    new Promise<string>(resolve => stream.once('data', data => resolve(String(data)))),
  );
}
