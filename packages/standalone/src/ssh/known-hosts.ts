import { createHmac } from 'node:crypto';
import { fingerprintOf, type HostKey, keyTypeOf } from './host-key.js';
import { matchesPatternList } from './host-pattern.js';

/** What a `known_hosts` file says of one host. */
export interface KnownHost {
  /** Keys that the host may show, in the order of the file, without those that are revoked. */
  readonly keys: readonly HostKey[];
  /** Keys that nobody may show any more. */
  readonly revoked: readonly HostKey[];
  /** True where the file trusts a certificate authority for this host, which we do not: its keys have to be pinned one by one. */
  readonly hasAuthority: boolean;
}

/**
 * Looks a host up in the text of a `known_hosts` file: plain and hashed names, patterns, and `[host]:port` for any port
 * but 22. Lines that are no entries are passed over, as OpenSSH does.
 */
export function findKnownHost(text: string, host: string, port: number): KnownHost {
  const name = (port === 22 ? host : `[${host}]:${port}`).toLowerCase();
  const keys: HostKey[] = [];
  const revoked: HostKey[] = [];
  let hasAuthority = false;
  for (const line of text.split('\n')) {
    const entry = entryOf(line);
    if (entry === undefined || !namesHost(entry.names, name)) continue;
    if (entry.marker === '@cert-authority') hasAuthority = true;
    else add(entry.marker === '@revoked' ? revoked : keys, entry.key);
  }
  return {
    keys: keys.filter(key => !revoked.some(bad => bad.fingerprint === key.fingerprint)),
    revoked,
    hasAuthority,
  };
}

function entryOf(line: string): { marker: string | undefined; names: string; key: HostKey } | undefined {
  const words = line.trim().split(/[ \t]+/);
  const marker = words[0]?.startsWith('@') ? words.shift() : undefined;
  const [names, type, base64] = words;
  if (names === undefined || names.startsWith('#') || type === undefined || base64 === undefined) return undefined;
  if (marker !== undefined && marker !== '@revoked' && marker !== '@cert-authority') return undefined;
  const raw = Buffer.from(base64, 'base64');
  // The key tells its type itself; a line where the two differ is damaged.
  return keyTypeOf(raw) === type ? { marker, names, key: { type, fingerprint: fingerprintOf(raw) } } : undefined;
}

function namesHost(names: string, name: string): boolean {
  const hashed = /^\|1\|([^|]+)\|([^|]+)$/.exec(names);
  if (hashed === null) return matchesPatternList(name, names.toLowerCase().split(','));
  const digest = createHmac('sha1', Buffer.from(hashed[1]!, 'base64')).update(name).digest('base64');
  return digest === hashed[2];
}

function add(list: HostKey[], key: HostKey): void {
  if (!list.some(each => each.fingerprint === key.fingerprint)) list.push(key);
}
