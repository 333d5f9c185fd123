import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HostEntry } from '../inventory/host-entry.js';
import { sshTarget } from '../providers/ssh-target.js';
import { hostKeyFailure } from '../ssh/connection-failure.js';
import { scanKeys } from '../ssh/scan-host-keys.js';
import type { ConnectOptions, SshTarget } from '../ssh/ssh-session.js';
import { knownHostsText, type SshClientHop, sshClientConfig } from './ssh-client-config.js';

/** What makes the OpenSSH client connect as the inventory says. */
export interface SshClientSetup {
  /** What goes before a command: `-F FILE HOST`. */
  readonly args: readonly string[];
  /** Removes the files. Call it once the client has ended. */
  close(): Promise<void>;
}

/**
 * Prepares a private folder with a config and a `known_hosts` for one connection of the OpenSSH client. Only fingerprints are
 * pinned and the client wants keys: each host on the way is asked for its key, which counts if its fingerprint is pinned.
 * @param hosts the inventory, where jump hosts are looked up
 * @throws MegalithError HOST_KEY, SSH_FAILED, CONFIG, CANCELLED
 */
export async function openSshClient(
  entry: HostEntry,
  hosts: readonly HostEntry[],
  options: ConnectOptions = {},
): Promise<SshClientSetup> {
  const target = await sshTarget(entry, hosts);
  const hops: SshClientHop[] = [];
  for (let hop: SshTarget | undefined = target, host: HostEntry | undefined = entry; hop && host; ) {
    hops.push(await described(hop, `megalith-${hops.length}-${host.name.toLowerCase()}`, host, options));
    hop = hop.jump;
    const { jump }: HostEntry = host;
    host = hosts.find(each => each.name === jump);
  }
  const folder = await mkdtemp(join(tmpdir(), 'megalith-ssh-'));
  const close = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const config = join(folder, 'config');
    const knownHosts = join(folder, 'known_hosts');
    await writeFile(config, sshClientConfig(hops, knownHosts), { mode: 0o600 });
    await writeFile(knownHosts, knownHostsText(hops), { mode: 0o600 });
    return { args: ['-F', config, hops[0]!.alias], close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function described(
  target: SshTarget,
  alias: string,
  { identityFile }: HostEntry,
  options: ConnectOptions,
): Promise<SshClientHop> {
  const { address, port, user, hostKeys, jump } = target;
  const isPinned = ({ fingerprint }: { readonly fingerprint: string }): boolean => hostKeys.includes(fingerprint);
  const shown = await scanKeys(address, port, { ...options, ...(jump === undefined ? {} : { jump }) }, isPinned);
  const key = shown.find(isPinned);
  if (key === undefined) throw hostKeyFailure({ target }, shown, hostKeys);
  return { alias, address, port, user, identityFile, key };
}
