import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { MegalithError } from '@megalith/agent';
import { nearMatches } from '@megalith/core';
import { type AgentSettings, agentSettings } from './agent-settings.js';
import { ConfigCache } from './config-cache.js';
import { findConfigFiles } from './config-files.js';
import { configProblem, eitherOf } from './config-problem.js';
import type { Ec2Section } from './ec2-section.js';
import type { HostEntry } from './host-entry.js';
import { jumpProblem } from './jumps.js';
import type { ParsedConfig } from './parse-config.js';

export interface InventoryOptions {
  /** Where the search for the project's file begins. */
  readonly cwd: string;
  /** Megalith's home, which has the user's file. */
  readonly home: string;
  readonly signal?: AbortSignal;
}

/** The hosts that are known here, and how agents behave on them. */
export interface Inventory {
  /** The project's before the user's, mostly in the order of the file. Paths are absolute. */
  readonly hosts: readonly HostEntry[];
  readonly agent: AgentSettings;
  /** How machines are made on EC2, where that is configured: keys of the project's file before those of the user's. */
  readonly ec2?: Ec2Section;
  /** The files that were read, the project's first. */
  readonly files: readonly string[];
  /** The project's file, where there is one. */
  readonly projectFile: string | undefined;
  /** The user's file, be it there or not. */
  readonly userFile: string;
  /**
   * The host of that name, or the one that `user@address[:port]` means.
   * @throws MegalithError NOT_FOUND with what may have been meant
   */
  find(name: string): HostEntry;
  /** The file that a host of the inventory comes from. */
  fileOf(name: string): string | undefined;
}

/**
 * Reads the inventory: the nearest `megalith.yaml` (or `.yml`) from `cwd` upwards, and the one in `home`. Where both know a
 * name, the project's entry counts. No file is no error.
 * @throws MegalithError CONFIG naming the file, the path in it, what is wrong and what is allowed
 */
export async function readInventory({ cwd, home, signal }: InventoryOptions): Promise<Inventory> {
  const found = await findConfigFiles(cwd, home);
  const files = [found.project, found.user].filter(file => file !== undefined);
  const cache = new ConfigCache(home);
  const configs = await Promise.all(files.map(file => readConfig(file, cache, signal)));
  const byName = new Map<string, { readonly host: HostEntry; readonly file: string }>();
  for (const [i, config] of configs.entries()) {
    const file = files[i]!;
    for (const host of config.hosts) {
      if (!byName.has(host.name)) byName.set(host.name, { host: withAbsolutePaths(host, file), file });
    }
  }
  const hosts = [...byName.values()].map(({ host }) => host);
  const fileOf = (name: string) => byName.get(name)?.file;
  refuseJumps(hosts, fileOf);
  return {
    hosts,
    agent: agentSettings(configs.map(config => config.agent)),
    ...ec2Of(configs),
    files,
    projectFile: found.project,
    userFile: found.userPath,
    find: name => byName.get(name)?.host ?? atAddress(hosts, name) ?? refuse(hosts, name),
    fileOf,
  };
}

function ec2Of(configs: readonly ParsedConfig[]): { readonly ec2?: Ec2Section } {
  const sections = configs.flatMap(({ ec2 }) => ec2 ?? []);
  const [first, second] = sections;
  return first === undefined ? {} : { ec2: { ...second, ...first } };
}

async function readConfig(file: string, cache: ConfigCache, signal: AbortSignal | undefined): Promise<ParsedConfig> {
  const text = await textOf(file, signal);
  const known = await cache.find(file, text);
  if (known !== undefined) return known;
  const { parseConfig } = await import('./parse-config.js');
  const config = parseConfig(text, file);
  await cache.keep(file, text, config);
  return config;
}

async function textOf(file: string, signal: AbortSignal | undefined): Promise<string> {
  try {
    return await readFile(file, { encoding: 'utf8', ...(signal === undefined ? {} : { signal }) });
  } catch (error) {
    if (signal?.aborted)
      throw new MegalithError('CANCELLED', 'the reading of the inventory was cancelled', { cause: signal.reason });
    throw new MegalithError('CONFIG', `cannot read "${file}": ${(error as Error).message}`, { cause: error });
  }
}

function withAbsolutePaths(host: HostEntry, file: string): HostEntry {
  const { identityFile } = host;
  if (identityFile === undefined) return host;
  const isHome = identityFile === '~' || identityFile.startsWith('~/');
  const path = isHome ? join(homedir(), identityFile.slice(1)) : resolve(dirname(file), identityFile);
  return { ...host, identityFile: path };
}

function refuseJumps(hosts: readonly HostEntry[], fileOf: (name: string) => string | undefined): void {
  const problem = jumpProblem(hosts);
  if (problem === undefined) return;
  const place = { file: fileOf(problem.name)!, path: ['hosts', problem.name, 'jump'] };
  if (problem.kind === 'circle') {
    const what = `leads in a circle: ${problem.way.join(' → ')}`;
    throw configProblem({ ...place, what, hint: 'one host of the circle must be reached without a jump' });
  }
  const names = hosts.map(host => host.name).filter(name => name !== problem.name);
  const near = nearMatches(problem.jump, names);
  throw configProblem({
    ...place,
    what: `is "${problem.jump}", and there is no such host`,
    hint: near.length > 0 ? `did you mean ${eitherOf(near)}?` : `it must be the name of another host: ${list(names)}`,
  });
}

function atAddress(hosts: readonly HostEntry[], text: string): HostEntry | undefined {
  if (!text.includes('@')) return undefined;
  return hosts.find(({ user, address, port = 22 }) => {
    const host = address.includes(':') ? `[${address}]` : address;
    return (
      text === `${user}@${host}:${port}` ||
      (port === 22 && (text === `${user}@${address}` || text === `${user}@${host}`))
    );
  });
}

function refuse(hosts: readonly HostEntry[], name: string): never {
  const names = hosts.map(host => host.name);
  const near = nearMatches(name, names);
  const hint = name.includes('@')
    ? `check its key and write it down with: megalith hosts add ${name}`
    : near.length > 0
      ? `did you mean ${eitherOf(near)}?`
      : `known: ${list(names)}; a new one is written down with: megalith hosts add USER@ADDRESS`;
  throw new MegalithError('NOT_FOUND', `the inventory has no host "${name}"`, { hint, details: { name, near } });
}

function list(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.slice(0, 20).join(', ') + (names.length > 20 ? ', …' : '');
}
