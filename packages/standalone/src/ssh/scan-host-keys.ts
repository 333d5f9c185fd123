import { isMegalithError } from '@megalith/agent';
import { wayTo } from './connect-ssh.js';
import type { Place } from './connection-failure.js';
import { handshake, KeyNotAccepted } from './handshake.js';
import { algorithmsBeside, type HostKey, type HostKeyAlgorithm } from './host-key.js';
import { Login } from './login.js';
import type { ConnectOptions, SshTarget } from './ssh-session.js';
import { loadSsh2 } from './ssh2-library.js';

export interface ScanOptions extends ConnectOptions {
  /** A host to go through: it is logged in to, and its own key is checked. */
  readonly jump?: SshTarget;
  /** Only the key that the host prefers, with one connection. @defaultValue false: one connection for each type of key */
  readonly preferredOnly?: boolean;
}

/** A key with the bytes of it. */
export interface ShownKey extends HostKey {
  /** In its wire form. */
  readonly raw: Buffer;
}

/**
 * Asks a host for its keys, without logging in: the type and fingerprint of each, Ed25519 first. Nothing vouches for them:
 * somebody has to compare them with the host's own.
 * @throws MegalithError SSH_FAILED with `details.layer`; HOST_KEY for the jump host; CANCELLED
 */
export async function scanHostKeys(
  address: string,
  port: number,
  options: ScanOptions = {},
): Promise<readonly HostKey[]> {
  const shown = await scanKeys(address, port, options, () => options.preferredOnly === true);
  return shown.map(({ type, fingerprint }) => ({ type, fingerprint }));
}

/** As `scanHostKeys`, up to the first key that is enough. */
export async function scanKeys(
  address: string,
  port: number,
  options: ScanOptions,
  isEnough: (key: HostKey) => boolean,
): Promise<readonly ShownKey[]> {
  const limits = { signal: options.signal, deadlineMs: performance.now() + (options.timeoutMs ?? 15_000) };
  const target: SshTarget = { name: address, address, port, user: 'none', keys: [], hostKeys: [] };
  const place: Place = { target };
  const way = await wayTo(place, options.jump, limits, options);
  const shown: ShownKey[] = [];
  try {
    let hostKeyAlgorithms: HostKeyAlgorithm[] | undefined;
    while (hostKeyAlgorithms?.length !== 0) {
      const [stream, library] = await Promise.all([way.open(), loadSsh2()]);
      try {
        await handshake({
          place,
          stream,
          limits,
          hostKeyAlgorithms,
          bannerTimeoutMs: options.bannerTimeoutMs ?? 5000,
          accepts: () => false,
          login: new Login(target, library),
        });
      } catch (error) {
        if (!(error instanceof KeyNotAccepted)) {
          // The host has no key of the types that were not seen yet.
          if (shown.length > 0 && isMegalithError(error) && error.code !== 'CANCELLED') break;
          throw error;
        }
        shown.push({ ...error.key, raw: error.raw });
        if (isEnough(error.key)) break;
        hostKeyAlgorithms = algorithmsBeside(shown);
      }
    }
    return shown;
  } finally {
    way.jump?.close();
  }
}
