import { generateKeyPairSync } from 'node:crypto';
import { fingerprintOf } from '../../ssh/host-key.js';
import { opensshEd25519, wireEd25519 } from '../../ssh/openssh-private-key.js';

/** The host key that a machine is born with. Whoever may read its user data knows it: it is replaced at the first login. */
export interface InjectedHostKey {
  /** For cloud-init's `ssh_keys: ed25519_private`, with the line break that sshd wants at the end. */
  readonly privateText: string;
  /** For `ed25519_public`: one line without a comment. */
  readonly publicLine: string;
  /** `SHA256:…`, to be pinned. */
  readonly fingerprint: string;
}

/** Makes a host key for one try to launch. */
export function newInjectedHostKey(): InjectedHostKey {
  const { privateKey } = generateKeyPairSync('ed25519');
  const wire = wireEd25519(privateKey);
  return {
    privateText: `${opensshEd25519(privateKey)}\n`,
    publicLine: `ssh-ed25519 ${wire.toString('base64')}`,
    fingerprint: fingerprintOf(wire),
  };
}
