import { MegalithError } from '@megalith/core';
import type { HostKey, KnownHost } from '@megalith/standalone';

type Knowledge = 'known' | 'unknown' | 'differs' | 'revoked';

export interface SeenKey extends HostKey {
  /** What `known_hosts` says: `differs` where it has another key of that type for this host. */
  readonly knownHosts: Knowledge;
}

/** Puts what a host shows beside what is known of it. */
export function compareKeys(shown: readonly HostKey[], known: KnownHost): readonly SeenKey[] {
  const has = (keys: readonly HostKey[], key: HostKey) => keys.some(each => each.fingerprint === key.fingerprint);
  return shown.map(key => {
    if (has(known.revoked, key)) return { ...key, knownHosts: 'revoked' };
    if (has(known.keys, key)) return { ...key, knownHosts: 'known' };
    return { ...key, knownHosts: known.keys.some(each => each.type === key.type) ? 'differs' : 'unknown' };
  });
}

export interface Approval {
  readonly host: string;
  /** Given beforehand: only this key counts, since only it was compared. */
  readonly fingerprint?: string;
  /** Keys that `known_hosts` has need no question. */
  readonly yes: boolean;
  /** Undefined where nobody can be asked. */
  readonly ask: (() => Promise<boolean>) | undefined;
  /** The command to repeat, without the flags of this decision. */
  readonly command: string;
}

/**
 * The keys to pin: those that somebody vouches for.
 * @throws MegalithError HOST_KEY where nobody does; CANCELLED where the answer is no
 */
export async function approveKeys(seen: readonly SeenKey[], approval: Approval): Promise<readonly HostKey[]> {
  const { host, fingerprint, yes, ask, command } = approval;
  const details = { layer: 'hostKey', host, seen };
  const shown = seen.map(key => `${key.fingerprint} (${key.type})`).join(', ');
  if (seen.some(key => key.knownHosts === 'revoked')) {
    throw new MegalithError('HOST_KEY', `"${host}" shows a key that known_hosts has as revoked: ${shown}`, {
      hint: 'somebody may be posing as this host: ask its owner',
      details,
    });
  }
  if (fingerprint !== undefined) {
    const match = seen.filter(key => key.fingerprint === fingerprint);
    if (match.length > 0) return match;
    throw new MegalithError('HOST_KEY', `"${host}" does not have the key ${fingerprint}: it shows ${shown}`, {
      hint: 'compare with the host\'s own: "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub" there; if they differ, somebody may be posing as this host',
      details,
    });
  }
  const differs = seen.some(key => key.knownHosts === 'differs');
  const known = seen.filter(key => key.knownHosts === 'known');
  if (yes && known.length > 0 && !differs) return known;
  if (ask !== undefined && !yes) {
    if (await ask()) return seen;
    throw new MegalithError('CANCELLED', `"${host}" was not added: its key was not confirmed`);
  }
  const why = differs ? 'known_hosts has another key for it' : 'known_hosts does not have it';
  throw new MegalithError('HOST_KEY', `nobody vouches for the key of "${host}", ${why}: it shows ${shown}`, {
    hint: `compare it with the host's own ("ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub" there), then: ${command} --fingerprint ${seen[0]?.fingerprint ?? 'SHA256:…'}`,
    details,
  });
}
