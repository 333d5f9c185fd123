import { createPrivateKey, type KeyObject } from 'node:crypto';
import { opensshEd25519 } from './openssh-private-key.js';

/** True for a key between `BEGIN PRIVATE KEY` or `BEGIN ENCRYPTED PRIVATE KEY`, as `openssl genpkey` writes it. */
export function isPkcs8(text: string): boolean {
  return /^-----BEGIN (ENCRYPTED )?PRIVATE KEY-----/m.test(text);
}

/**
 * A PKCS#8 key in a form that `ssh2` reads, which PKCS#8 is not: PKCS#1, SEC1 or OpenSSH's own. `ssh-keygen -p` does the
 * same for RSA and ECDSA; it reads Ed25519 in PKCS#8 only from OpenSSH 9.6 on.
 * @returns undefined for kinds of keys that SSH does not know
 * @throws what OpenSSL says, where the passphrase is wrong or the key damaged
 */
export function fromPkcs8(text: string, passphrase: string | undefined): string | undefined {
  const key = createPrivateKey({ key: text, format: 'pem', ...(passphrase !== undefined && { passphrase }) });
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return pem(key, 'pkcs1');
    case 'ec':
      return pem(key, 'sec1');
    case 'ed25519':
      return opensshEd25519(key);
    default:
      return undefined;
  }
}

function pem(key: KeyObject, type: 'pkcs1' | 'sec1'): string {
  return key.export({ type, format: 'pem' }).toString().trimEnd();
}
