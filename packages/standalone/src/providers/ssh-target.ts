import { homedir } from 'node:os';
import { MegalithError } from '@megalith/agent';
import type { HostEntry } from '../inventory/host-entry.js';
import { type CredentialSurroundings, credentialsFor } from '../ssh/credentials.js';
import type { SshTarget } from '../ssh/ssh-session.js';

/**
 * Whom to connect to for a host of the inventory: its keys are read, its jump hosts followed.
 * @param hosts the inventory, where jump hosts are looked up
 * @throws MegalithError CONFIG for a jump host that is not in the inventory, or a circle of them; SSH_FAILED, layer `'key'`,
 *   for a key that cannot be used
 */
export function sshTarget(
  entry: HostEntry,
  hosts: readonly HostEntry[],
  surroundings: CredentialSurroundings = { home: homedir(), env: process.env },
): Promise<SshTarget> {
  return targetOf(entry, hosts, surroundings, []);
}

async function targetOf(
  entry: HostEntry,
  hosts: readonly HostEntry[],
  surroundings: CredentialSurroundings,
  trail: readonly string[],
): Promise<SshTarget> {
  const { name, address, port = 22, user, hostKeys, identityFile } = entry;
  const way = [...trail, name];
  const jump = jumpOf(entry, hosts, way);
  return {
    name,
    address,
    port,
    user,
    hostKeys,
    ...(await credentialsFor(identityFile === undefined ? [] : [identityFile], surroundings)),
    ...(jump === undefined ? {} : { jump: await targetOf(jump, hosts, surroundings, way) }),
  };
}

function jumpOf({ name, jump }: HostEntry, hosts: readonly HostEntry[], way: readonly string[]): HostEntry | undefined {
  if (jump === undefined) return undefined;
  const found = hosts.find(host => host.name === jump);
  if (found !== undefined && !way.includes(jump)) return found;
  const wrong = found === undefined ? 'is not in the inventory' : `goes in a circle: ${[...way, jump].join(' → ')}`;
  throw new MegalithError('CONFIG', `the jump host "${jump}" of "${name}" ${wrong}`, {
    hint: 'name a host of the inventory that is reached without this one',
  });
}
