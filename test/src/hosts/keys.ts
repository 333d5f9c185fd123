import { createHash } from 'node:crypto';
import ssh2 from 'ssh2';

/** A key pair as OpenSSH writes it. */
export interface KeyPair {
  readonly privateText: string;
  /** One line: type, key, comment. */
  readonly publicLine: string;
  /** As `ssh-keygen -lf` prints it: `SHA256:…`. */
  readonly fingerprint: string;
}

/** A new ed25519 pair. ssh2 1.17 writes a key that nobody can read in about 1 of 170 calls, so each is read back. */
export function newKeyPair(comment: string): KeyPair {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519', { comment });
    const parsed = ssh2.utils.parseKey(pair.private);
    if (parsed instanceof Error) continue;
    const digest = createHash('sha256').update(parsed.getPublicSSH()).digest('base64');
    return {
      privateText: pair.private,
      publicLine: `${pair.public}\n`,
      fingerprint: `SHA256:${digest.replaceAll('=', '')}`,
    };
  }
}
