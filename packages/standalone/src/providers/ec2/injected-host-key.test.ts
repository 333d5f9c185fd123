import ssh2 from 'ssh2';
import { describe, expect, test } from 'vitest';
import { fingerprintOf } from '../../ssh/host-key.js';
import { newInjectedHostKey } from './injected-host-key.js';

describe('a host key to be injected', () => {
  test('has a private half, a public half and a fingerprint that belong together', () => {
    const made = newInjectedHostKey();
    const parsed = ssh2.utils.parseKey(made.privateText);
    const key = Array.isArray(parsed) ? parsed[0]! : parsed;
    if (key instanceof Error) throw key;
    expect(made.publicLine).toBe(`ssh-ed25519 ${key.getPublicSSH().toString('base64')}`);
    expect(made.fingerprint).toBe(fingerprintOf(key.getPublicSSH()));
    expect(made.privateText).toMatch(
      /^-----BEGIN OPENSSH PRIVATE KEY-----\n[\s\S]*-----END OPENSSH PRIVATE KEY-----\n$/,
    );
  });

  test('is another one each time', () => {
    expect(newInjectedHostKey().fingerprint).not.toBe(newInjectedHostKey().fingerprint);
  });
});
