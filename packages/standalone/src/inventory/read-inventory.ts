import { type Label, MegalithError } from '@megalith/agent';
import { type ConfigOptions, configProblem, type Ec2Section, eitherOf, nearMatches, readConfig } from '@megalith/core';
import { type AgentSettings, agentSettings } from './agent-settings.js';
import type { HostEntry } from './host-entry.js';
import { jumpProblem } from './jumps.js';

export type InventoryOptions = ConfigOptions;

/** The hosts that are known here, and how agents behave on them. */
export interface Inventory {
  /** The project's before the user's, mostly in the order of the file. Paths are absolute. */
  readonly hosts: readonly HostEntry[];
  readonly agent: AgentSettings;
  /** How machines are made on EC2, where that is configured: keys of the project's file before those of the user's. */
  readonly ec2?: Ec2Section;
  /** Of a job of which nothing is said. */
  readonly defaultLabel: Label;
  /** What this machine is cleared for. */
  readonly hereClearance: Label;
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
 * Reads the inventory: what the config files say of hosts, of EC2 and of agents. See `readConfig`.
 * @throws MegalithError CONFIG naming the file, the path in it, what is wrong and what is allowed
 */
export async function readInventory(options: InventoryOptions): Promise<Inventory> {
  const { hosts, agent, ec2, policy, files, projectFile, userFile, fileOf } = await readConfig(options);
  refuseJumps(hosts, fileOf);
  return {
    hosts,
    agent: agentSettings(agent),
    ...(ec2 === undefined ? {} : { ec2 }),
    defaultLabel: policy.defaultLabel,
    hereClearance: policy.hereClearance,
    files,
    projectFile,
    userFile,
    find: name => hosts.find(host => host.name === name) ?? atAddress(hosts, name) ?? refuse(hosts, name),
    fileOf,
  };
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
