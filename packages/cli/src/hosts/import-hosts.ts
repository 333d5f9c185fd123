import { existsSync } from 'node:fs';
import { isHostName, MegalithError } from '@megalith/core';
import { type HostEntry, readSshFiles, type SshFiles } from '@megalith/standalone';
import { inventoryHere } from './here.js';
import type { ListedHost } from './host-text.js';
import { jumpName } from './jump-name.js';
import type { Ask } from './question.js';
import { fileForNew, writeNew } from './write-place.js';

export interface Skipped {
  readonly name: string;
  readonly why: string;
}

export interface Import {
  readonly hosts: readonly ListedHost[];
  readonly skipped: readonly Skipped[];
}

export interface ImportSurroundings {
  readonly yes: boolean;
  readonly inProject: boolean;
  readonly ask: Ask | undefined;
  readonly signal: AbortSignal;
  onFound(found: Import): void;
}

/**
 * Adds hosts of `~/.ssh/config` whose keys are in `known_hosts`. Connects to nobody.
 * @param patterns `*` and `?` as in that file; all where empty
 * @throws MegalithError USAGE where nobody can be asked; CANCELLED where the answer is no
 */
export async function importHosts(patterns: readonly string[], around: ImportSurroundings): Promise<Import> {
  const inventory = await inventoryHere();
  const file = fileForNew(inventory, around.inProject);
  const { hosts, skipped } = importable(patterns, readSshFiles(), inventory.hosts);
  const found = { hosts: hosts.map(host => ({ ...host, file })), skipped };
  around.onFound(found);
  if (hosts.length === 0) return found;
  if (!around.yes) {
    if (around.ask === undefined) {
      throw new MegalithError('USAGE', 'nobody can be asked whether these hosts are right', {
        hint: `add them all without a question: megalith hosts import ${[...patterns, '--yes'].join(' ')}`,
      });
    }
    const question = `Add ${hosts.length === 1 ? 'this host' : `these ${hosts.length} hosts`} to ${file}?`;
    if (!(await around.ask(question, around.signal))) throw new MegalithError('CANCELLED', 'no host was added');
  }
  await writeNew(file, hosts, inventory, around.signal);
  return found;
}

/** Which hosts can be taken over, and why others can't. A jump host must be in the inventory or come along. */
export function importable(
  patterns: readonly string[],
  sshFiles: SshFiles,
  inventory: readonly HostEntry[],
): { readonly hosts: readonly HostEntry[]; readonly skipped: readonly Skipped[] } {
  const hosts: HostEntry[] = [];
  const skipped: Skipped[] = [];
  // A plain name that the config does not have may still be known by its key.
  const plain = patterns.filter(pattern => !/[*?!]/.test(pattern));
  const names = [...new Set([...sshFiles.aliases(patterns), ...plain])];
  for (const name of names) {
    const taken = take(name, sshFiles, inventory);
    if ('why' in taken) skipped.push(taken);
    else hosts.push(taken);
  }
  return withJumps(hosts, skipped, sshFiles, inventory);
}

function take(name: string, sshFiles: SshFiles, inventory: readonly HostEntry[]): HostEntry | Skipped {
  if (!isHostName(name)) return { name, why: 'its name can\'t be used: add it with "hosts add --name"' };
  if (inventory.some(host => host.name === name)) return { name, why: 'it is in the inventory' };
  const { hostName, port, user, identityFiles } = sshFiles.settings(name);
  const { keys } = sshFiles.known(hostName, port);
  if (keys.length === 0) return { name, why: 'its key is not in known_hosts' };
  const identityFile = identityFiles.find(path => existsSync(path));
  return {
    name,
    address: hostName,
    user,
    ...(port === 22 ? {} : { port }),
    ...(identityFile === undefined ? {} : { identityFile }),
    hostKeys: keys.map(key => key.fingerprint),
  };
}

/** Leaving one out may leave out those behind it, so until nothing changes. */
function withJumps(
  candidates: readonly HostEntry[],
  left: readonly Skipped[],
  sshFiles: SshFiles,
  inventory: readonly HostEntry[],
): { readonly hosts: readonly HostEntry[]; readonly skipped: readonly Skipped[] } {
  const all = [...inventory, ...candidates];
  const reached = new Map<string, HostEntry>();
  const hopOf = (name: string) => sshFiles.settings(name).jumps.at(-1);
  for (let before = -1; before !== reached.size; ) {
    before = reached.size;
    for (const host of candidates) {
      const hop = hopOf(host.name);
      const jump = hop && jumpName(hop, all);
      if (hop === undefined) reached.set(host.name, host);
      else if (jump !== undefined && (reached.has(jump) || inventory.some(other => other.name === jump)))
        reached.set(host.name, { ...host, jump });
    }
  }
  const lost = candidates.filter(host => !reached.has(host.name));
  const why = (name: string) => `its jump host "${hopOf(name)?.host}" is neither in the inventory nor added`;
  return {
    hosts: candidates.flatMap(host => reached.get(host.name) ?? []),
    skipped: [...left, ...lost.map(({ name }) => ({ name, why: why(name) }))],
  };
}
