import { createHash } from 'node:crypto';

/** What a host shows to prove that it is itself. */
export interface HostKey {
  /** As on the wire: `ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa`. */
  readonly type: string;
  /** `SHA256:…`, as OpenSSH prints it. */
  readonly fingerprint: string;
}

/** The fingerprint of a public key in its wire form, as `ssh-keygen -l` prints it: `SHA256:` and base64 without padding. */
export function fingerprintOf(rawKey: Buffer): string {
  return `SHA256:${createHash('sha256').update(rawKey).digest('base64').replace(/=+$/, '')}`;
}

/** The type that a public key in its wire form names: its first string (RFC 4253, 6.6). Empty where it is none. */
export function keyTypeOf(rawKey: Buffer): string {
  if (rawKey.length < 4) return '';
  const length = rawKey.readUInt32BE(0);
  return rawKey.length < 4 + length ? '' : rawKey.toString('latin1', 4, 4 + length);
}

export function hostKeyOf(rawKey: Buffer): HostKey {
  return { type: keyTypeOf(rawKey), fingerprint: fingerprintOf(rawKey) };
}

/** Signature algorithms that ask a host for each type of key, in the order in which they are asked for. */
const families: readonly { readonly type: string; readonly algorithms: readonly HostKeyAlgorithm[] }[] = [
  { type: 'ssh-ed25519', algorithms: ['ssh-ed25519'] },
  { type: 'ecdsa-sha2-nistp256', algorithms: ['ecdsa-sha2-nistp256'] },
  { type: 'ecdsa-sha2-nistp384', algorithms: ['ecdsa-sha2-nistp384'] },
  { type: 'ecdsa-sha2-nistp521', algorithms: ['ecdsa-sha2-nistp521'] },
  { type: 'ssh-rsa', algorithms: ['rsa-sha2-512', 'rsa-sha2-256'] },
];

export type HostKeyAlgorithm =
  | 'ssh-ed25519'
  | 'ecdsa-sha2-nistp256'
  | 'ecdsa-sha2-nistp384'
  | 'ecdsa-sha2-nistp521'
  | 'rsa-sha2-512'
  | 'rsa-sha2-256';

/** The algorithms to ask a host for once it has shown these keys; empty when it was asked for every type. */
export function algorithmsBeside(shown: readonly HostKey[]): HostKeyAlgorithm[] {
  return families
    .filter(family => !shown.some(key => key.type === family.type))
    .flatMap(family => [...family.algorithms]);
}
