import { formatDuration, formatSize } from '@megalith/core';
import type { HostEntry, HostFacts } from '@megalith/standalone';
import { table } from '../output/table.js';
import type { SeenKey } from './approve-keys.js';
import type { HostCheck } from './check-hosts.js';

/** A host and the file that has it. */
export interface ListedHost extends HostEntry {
  readonly file: string;
}

function addressText({ address, port = 22 }: Pick<HostEntry, 'address' | 'port'>): string {
  return port === 22 ? address : `${address.includes(':') ? `[${address}]` : address}:${port}`;
}

/** The listing of `megalith hosts`. */
export function hostTable(hosts: readonly ListedHost[]): string {
  const headings = ['NAME', 'ADDRESS', 'USER', 'CLEARANCE', 'CAPACITY', 'JUMP', 'FILE'];
  return table(
    headings.map(heading => ({ heading })),
    hosts.map(host => [
      host.name,
      addressText(host),
      host.user,
      host.clearance ?? 'internal',
      capacityText(host),
      host.jump ?? '-',
      host.file,
    ]),
  );
}

/** What `megalith hosts show` says. */
export function hostText(host: ListedHost): string {
  return factLines([
    ['name', host.name],
    ['address', addressText(host)],
    ['user', host.user],
    ['identity', host.identityFile ?? 'the SSH agent, then the keys in ~/.ssh'],
    ['host keys', host.hostKeys.join(', ') || 'none: every connection is refused'],
    ['jump', host.jump],
    ['capacity', capacityText(host)],
    ['clearance', host.clearance ?? 'internal'],
    ['region', host.region],
    ['folder', host.folder ?? ".megalith in the user's home"],
    ['file', host.file],
  ]);
}

/** What a host is, as it was found. */
export function factsText(facts: HostFacts): string {
  return factLines([
    ['vCPU', String(facts.cpus)],
    ['usable memory', formatSize(facts.usableMemoryBytes)],
    ['disk free', formatSize(facts.diskFreeBytes)],
    ['arch', facts.arch],
    ['libc', [facts.libc, facts.libcVersion].filter(part => part !== undefined).join(' ')],
    ['node', facts.node === undefined ? 'none of version 20 or later' : `${facts.node.version} (${facts.node.path})`],
    ['cgroup', facts.cgroup],
    ['os', facts.os],
  ]);
}

export function keyTable(keys: readonly SeenKey[]): string {
  return table(
    [{ heading: 'TYPE' }, { heading: 'FINGERPRINT' }, { heading: 'KNOWN_HOSTS' }],
    keys.map(key => [key.type, key.fingerprint, key.knownHosts === 'differs' ? 'HAS ANOTHER KEY' : key.knownHosts]),
  );
}

/** The listing of `megalith hosts check`. */
export function checkTable(checks: readonly HostCheck[]): string {
  return table(
    [{ heading: 'NAME' }, { heading: 'STATE' }, { heading: 'TOOK', align: 'right' }, { heading: 'WHAT' }],
    checks.map(({ name, layer, tookMs, message = '' }) => [name, layer ?? 'ok', formatDuration(tookMs), message]),
  );
}

function capacityText({ cpus, memoryBytes }: HostEntry): string {
  const parts = [
    ...(cpus === undefined ? [] : [`${cpus} vCPU`]),
    ...(memoryBytes === undefined ? [] : [formatSize(memoryBytes)]),
  ];
  return parts.length === 0 ? 'all' : parts.join(', ');
}

function factLines(facts: readonly (readonly [string, string | undefined])[]): string {
  const known = facts.filter((fact): fact is readonly [string, string] => fact[1] !== undefined);
  const width = Math.max(...known.map(([name]) => name.length));
  return known.map(([name, value]) => `${name.padEnd(width)}  ${value}\n`).join('');
}
