import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { fingerprintOf, keyTypeOf } from './host-key.js';
import { fromPkcs8 } from './pkcs8-key.js';
import type { SshKey, SshTarget } from './ssh-session.js';

export type HostKeyType = 'ed25519' | 'ecdsa' | 'rsa';

export interface HostOptions {
  /** Types of the host keys. @defaultValue Ed25519 alone */
  readonly keyTypes?: readonly HostKeyType[];
  /** @defaultValue true */
  readonly allowsSockets?: boolean;
  /** @defaultValue true */
  readonly allowsTcp?: boolean;
  /** False: the server does not know the user's key. @defaultValue true */
  readonly knowsUser?: boolean;
  /** What the server takes. @defaultValue keys */
  readonly method?: 'publickey' | 'password';
}

/** An SSH server on 127.0.0.1, made for one test. */
export interface TestHost {
  readonly port: number;
  /** Fingerprint of each host key, by type. */
  readonly fingerprints: Readonly<Partial<Record<HostKeyType, string>>>;
  readonly target: SshTarget;
  /** Ends the server and every connection of it at once. */
  stop(): Promise<void>;
}

export interface KeyPair {
  readonly key: SshKey;
  readonly publicLine: string;
  readonly fingerprint: string;
}

export function newKey(path = '/test/id_ed25519', type: HostKeyType = 'ed25519'): KeyPair {
  const made =
    type === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : type === 'ecdsa'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : generateKeyPairSync('ed25519');
  // Not `ssh2`'s own generator: one in some hundred of its Ed25519 keys is malformed.
  const text = fromPkcs8(made.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), undefined)!;
  const parsed = ssh2.utils.parseKey(text);
  if (parsed instanceof Error) throw parsed;
  const raw = (Array.isArray(parsed) ? parsed[0]! : parsed).getPublicSSH();
  return {
    key: { path, text },
    publicLine: `${keyTypeOf(raw)} ${raw.toString('base64')}`,
    fingerprint: fingerprintOf(raw),
  };
}

export function targetAt(port: number, key: SshKey, hostKeys: readonly string[], name = 'alpha'): SshTarget {
  return { name, address: '127.0.0.1', port, user: userInfo().username, keys: [key], hostKeys };
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise(resolve => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** A folder that only this user can enter, and what removes it. */
export function newFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'mgl-ssh-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** The processes below one, itself first. */
export function processesBelow(pid: number): number[] {
  const parents = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map(line => line.trim().split(/\s+/).map(Number));
  const found = [pid];
  for (const above of found) for (const [child, parent] of parents) if (parent === above) found.push(child!);
  return found;
}

/** Waits until something holds. */
export async function until(holds: () => boolean, what: string, withinMs = 20_000): Promise<void> {
  const deadlineMs = performance.now() + withinMs;
  while (!holds()) {
    if (performance.now() > deadlineMs) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise(resolve => setTimeout(resolve, 10));
  }
}

export function isRunning(pid: number): boolean {
  try {
    // A zombie, too, has ended.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
