import type { KeyObject } from 'node:crypto';

/**
 * An Ed25519 private key in OpenSSH's own format, without encryption: the layout of `PROTOCOL.key` in OpenSSH's sources. The last line
 * has no line break after it.
 */
export function opensshEd25519(key: KeyObject): string {
  const { d, x } = key.export({ format: 'jwk' });
  const secret = Buffer.from(d!, 'base64url');
  const point = Buffer.from(x!, 'base64url');
  const publicKey = wireEd25519(key);
  // The two equal numbers tell a right passphrase from a wrong one; without encryption any number will do.
  const check = Buffer.alloc(8);
  const body = Buffer.concat([check, publicKey, sshString(Buffer.concat([secret, point])), sshString('')]);
  const padding = Buffer.from(Array.from({ length: (8 - (body.length % 8)) % 8 }, (_, index) => index + 1));
  const one = Buffer.from([0, 0, 0, 1]);
  const whole = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    sshString('none'),
    sshString('none'),
    sshString(''),
    one,
    sshString(publicKey),
    sshString(Buffer.concat([body, padding])),
  ]);
  const lines = whole.toString('base64').match(/.{1,70}/g)!;
  return ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----'].join('\n');
}

/** The public half of an Ed25519 key as it goes over the wire (RFC 8709, 4). */
export function wireEd25519(key: KeyObject): Buffer {
  const { x } = key.export({ format: 'jwk' });
  return Buffer.concat([sshString('ssh-ed25519'), sshString(Buffer.from(x!, 'base64url'))]);
}

/** RFC 4251, 5: the length before the bytes. */
function sshString(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value as string);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
