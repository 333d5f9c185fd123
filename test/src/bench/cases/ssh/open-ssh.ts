import { sshArguments } from '../../../hosts/ssh-clients.js';
import type { TestHost } from '../../../hosts/test-host.js';
import { runProgram } from '../../measured-process.js';
import { isInstalled } from '../installed.js';

/** The cipher that both sides use: what Megalith and a host agree on by themselves. */
export const cipher = 'aes128-gcm@openssh.com';

export function withoutOpenSsh(): string | undefined {
  const missing = ['ssh', 'scp', 'tar'].find(program => !isInstalled(program));
  return missing === undefined ? undefined : `${missing} is not installed`;
}

/** Milliseconds of a fresh `ssh host command`. */
export async function sshMs(host: TestHost, command: string): Promise<number> {
  const args = [...sshArguments(host), '-c', cipher, `${host.user}@${host.address}`, command];
  return (await runProgram('ssh', args, '', { silent: true })).wholeMs;
}

/** Milliseconds of a fresh `scp`; exactly one of both paths begins with `host:`. */
export async function scpMs(host: TestHost, from: string, to: string): Promise<number> {
  const options = sshArguments(host).map(word => (word === '-p' ? '-P' : word));
  const paths = [from, to].map(path => path.replace(/^host:/, `${host.user}@${host.address}:`));
  return (await runProgram('scp', ['-q', ...options, '-c', cipher, ...paths])).wholeMs;
}

/** `ssh …`, ready for a shell line. */
export function sshWords(host: TestHost): string {
  return ['ssh', ...sshArguments(host), '-c', cipher, `${host.user}@${host.address}`].join(' ');
}

export async function shellMs(line: string): Promise<number> {
  return (await runProgram('sh', ['-c', line], '', { silent: true })).wholeMs;
}
