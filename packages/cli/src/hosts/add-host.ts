import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { hostNameRule, isHostName, MegalithError } from '@megalith/core';
import {
  connectSsh,
  type HostEntry,
  type HostFacts,
  type Inventory,
  probeHost,
  readSshFiles,
  type SshFiles,
  scanHostKeys,
  sshTarget,
} from '@megalith/standalone';
import { approveKeys, compareKeys, type SeenKey } from './approve-keys.js';
import { inventoryHere } from './here.js';
import { parseHostAddress } from './host-address.js';
import type { ListedHost } from './host-text.js';
import { jumpFromConfig } from './jump-name.js';
import type { Ask } from './question.js';
import { fileForNew, writeNew } from './write-place.js';

export interface AddOptions extends Pick<HostEntry, 'cpus' | 'memoryBytes' | 'clearance' | 'folder' | 'jump'> {
  readonly name?: string;
  /** Relative to the working directory. */
  readonly identity?: string;
  readonly fingerprint?: string;
  readonly yes: boolean;
  readonly inProject: boolean;
}

export interface AddSurroundings {
  readonly ask: Ask | undefined;
  readonly signal: AbortSignal;
  /** The command line, for the hint how to repeat it. */
  readonly command: string;
  onKeys(keys: readonly SeenKey[]): void;
  note(line: string): void;
}

export interface AddedHost {
  readonly host: ListedHost;
  readonly facts: HostFacts;
}

/**
 * Adds a host to the inventory: its keys are seen and confirmed, then it is logged in to and probed, then it is written.
 * Until then nothing changes.
 * @throws MegalithError USAGE, CONFIG, HOST_KEY, SSH_FAILED, BOOTSTRAP_FAILED, CANCELLED
 */
export async function addHost(place: string, options: AddOptions, around: AddSurroundings): Promise<AddedHost> {
  const { signal } = around;
  const inventory = await inventoryHere();
  const sshFiles = readSshFiles();
  const wanted = describe(place, options, inventory, sshFiles, around.note);
  const jump = wanted.jump === undefined ? undefined : await sshTarget(inventory.find(wanted.jump), inventory.hosts);
  const { address, port = 22, name } = wanted;
  const shown = await scanHostKeys(address, port, { signal, ...(jump === undefined ? {} : { jump }) });
  const seen = compareKeys(shown, sshFiles.known(address, port));
  around.onKeys(seen);
  const { ask } = around;
  const keys = await approveKeys(seen, {
    host: name,
    yes: options.yes,
    ask: ask && (() => ask('Is this right?', signal)),
    command: around.command,
    ...(options.fingerprint === undefined ? {} : { fingerprint: options.fingerprint }),
  });
  const host: HostEntry = { ...wanted, hostKeys: keys.map(key => key.fingerprint) };
  const facts = await probe(host, inventory, signal);
  const file = fileForNew(inventory, options.inProject);
  await writeNew(file, [host], inventory, signal);
  return { host: { ...host, file }, facts };
}

/** The entry without keys: what is said here, else what `~/.ssh/config` says. */
function describe(
  place: string,
  { name, identity, fingerprint: _, yes: __, inProject: ___, ...given }: AddOptions,
  inventory: Inventory,
  sshFiles: SshFiles,
  note: (line: string) => void,
): Omit<HostEntry, 'hostKeys'> {
  const said = parseHostAddress(place);
  const settings = sshFiles.settings(said.host);
  for (const warning of settings.warnings) note(`warning: ~/.ssh/config: ${warning}`);
  const host = name ?? said.host;
  refuseName(host, name !== undefined, inventory);
  const port = said.port ?? settings.port;
  const identityFile =
    identity === undefined ? settings.identityFiles.find(file => existsSync(file)) : resolve(identity);
  const jump = given.jump === undefined ? jumpFromConfig(host, settings.jumps, inventory.hosts) : given.jump;
  return {
    name: host,
    address: settings.hostName,
    user: said.user ?? settings.user,
    ...(port === 22 ? {} : { port }),
    ...(identityFile === undefined ? {} : { identityFile }),
    ...given,
    ...(jump === undefined ? {} : { jump }),
  };
}

function refuseName(name: string, isGiven: boolean, inventory: Inventory): void {
  if (!isHostName(name)) {
    throw new MegalithError('USAGE', `"${name}" is not a name for a host`, {
      hint: `${isGiven ? 'use' : 'give it one with --name:'} ${hostNameRule}`,
    });
  }
  const file = inventory.fileOf(name);
  if (file === undefined) return;
  throw new MegalithError('USAGE', `the inventory has a host "${name}" already, in "${file}"`, {
    hint: `take another name (--name), or remove that one first: megalith hosts rm ${name}`,
  });
}

async function probe(host: HostEntry, inventory: Inventory, signal: AbortSignal): Promise<HostFacts> {
  const session = await connectSsh(await sshTarget(host, [...inventory.hosts, host]), { signal });
  try {
    return await probeHost(session, { signal, folder: host.folder });
  } finally {
    session.close();
  }
}
