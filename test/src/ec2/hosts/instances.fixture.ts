import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { eventually } from '../../conformance/eventually.js';
import { availableKinds } from '../../hosts/host-kinds.js';
import { newKeyPair } from '../../hosts/keys.js';
import { type Ssh2Connection, ssh2Connect } from '../../hosts/ssh-clients.js';
import type { TestHost } from '../../hosts/test-host.js';
import type { BootSpec, InstanceHost } from '../instance-hosts.js';
import {
  type InstanceHostKind,
  type InstanceHostsOptions,
  type StartedInstanceHosts,
  startInstanceHosts,
} from './start-instance-hosts.js';

const available = await availableKinds();

/** The kinds that can be tested here. */
export const instanceKinds: readonly InstanceHostKind[] = available.includes('namespaces')
  ? ['namespaces', 'ssh2']
  : ['ssh2'];

let counter = 0;

/** Hosts that end with the test. */
export async function openInstances(options: InstanceHostsOptions): Promise<StartedInstanceHosts> {
  const hosts = await startInstanceHosts(options);
  onTestFinished(() => hosts.close());
  return hosts;
}

export interface Login {
  readonly publicKey: string;
  readonly identityFile: string;
}

/** A key pair as a client has it; its file goes with the test. */
export function newLogin(): Login {
  const folder = mkdtempSync(join(tmpdir(), 'mgl-login-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const pair = newKeyPair('client');
  writeFileSync(join(folder, 'id'), pair.privateText, { mode: 0o600 });
  return { publicKey: pair.publicLine, identityFile: join(folder, 'id') };
}

export function bootSpec(spec: Partial<BootSpec> = {}): BootSpec {
  counter += 1;
  return {
    instanceId: `i-${counter.toString(16).padStart(17, '0')}`,
    type: 'c7i.large',
    zone: 'eu-central-1a',
    region: 'eu-central-1',
    market: 'on-demand',
    imageId: 'ami-0123456789abcdef0',
    userData: '',
    user: 'ubuntu',
    cpus: 2,
    memoryBytes: 4 * 1024 ** 3,
    ...spec,
  };
}

/** What an SSH client needs to know. */
export function target(host: InstanceHost, { identityFile }: Login, user = 'ubuntu'): TestHost {
  const { privateAddress: address, port } = host;
  return { name: address, address, port, user, identityFile } as TestHost;
}

/** Logs in, as soon as that is possible. */
export function connected(host: InstanceHost, login: Login, user?: string): Promise<Ssh2Connection> {
  return eventually('the instance lets us in', async () => {
    try {
      return await ssh2Connect(target(host, login, user));
    } catch (error) {
      if (/ECONNREFUSED|ECONNRESET|EHOSTUNREACH|closed/.test(String(error))) return false;
      throw error;
    }
  });
}

/** All that a command says on its standard output, and its code. */
export function told({ client }: Ssh2Connection, command: string): Promise<{ out: string; code: number | null }> {
  return new Promise((resolve, reject) => {
    // A quick command is over by the time that an awaited channel could be listened to.
    client.exec(command, (error, channel) => {
      if (error !== undefined) return reject(error);
      let out = '';
      let code: number | null = null;
      const hear = (data: Buffer): void => {
        out += data;
      };
      channel.on('data', hear).on('exit', (value: number | null) => {
        code = value;
      });
      channel.stderr.on('data', hear);
      channel.once('close', () => resolve({ out, code }));
    });
  });
}
