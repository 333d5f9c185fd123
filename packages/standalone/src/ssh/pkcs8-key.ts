import { createPrivateKey, type KeyObject } from 'node:crypto';

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

/** The layout of `PROTOCOL.key` in OpenSSH's sources, without encryption. */
function opensshEd25519(key: KeyObject): string {
  const { d, x } = key.export({ format: 'jwk' });
  const secret = Buffer.from(d!, 'base64url');
  const point = Buffer.from(x!, 'base64url');
  const publicKey = Buffer.concat([string('ssh-ed25519'), string(point)]);
  // The two equal numbers tell a right passphrase from a wrong one; without encryption any number will do.
  const check = Buffer.alloc(8);
  const body = Buffer.concat([check, publicKey, string(Buffer.concat([secret, point])), string('')]);
  const padding = Buffer.from(Array.from({ length: (8 - (body.length % 8)) % 8 }, (_, index) => index + 1));
  const one = Buffer.from([0, 0, 0, 1]);
  const whole = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    string('none'),
    string('none'),
    string(''),
    one,
    string(publicKey),
    string(Buffer.concat([body, padding])),
  ]);
  const lines = whole.toString('base64').match(/.{1,70}/g)!;
  return ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----'].join('\n');
}

function string(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value as string);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
