import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { megalithHome, unlessMissing } from '@megalith/agent';
import { configuredMachines, type MachinesOptions } from '../backend/standalone.js';
import { type Inventory, readInventory } from '../inventory/read-inventory.js';
import type { Machine } from '../machine.js';

const thisMachine = 'local';

/**
 * The named machines, or every host of the inventory, the machines of clouds that this client has reached before, and this machine.
 * @throws MegalithError CONFIG, JOURNAL_FAILED, NOT_FOUND for a name that is none of these
 */
export async function allMachines(options: MachinesOptions = {}): Promise<readonly Machine[]> {
  const { home = megalithHome(), cwd = process.cwd(), hosts } = options;
  const inventory = await readInventory({ cwd, home });
  const made = await madeMachines(inventory, home, options.agentFile);
  const isMade = (name: string): boolean => made.some(machine => machine.name === name);
  const wanted = hosts ?? [...inventory.hosts.map(host => host.name), ...made.map(({ name }) => name), thisMachine];
  const others = wanted.filter(name => !isMade(name));
  const found = (await configuredMachines({ ...options, home, cwd, hosts: others })).machines;
  const there = found.filter(({ provider }) => provider !== 'local');
  const here = found.filter(({ provider }) => provider === 'local');
  return [...there, ...made.filter(({ name }) => wanted.includes(name)), ...here];
}

/** @throws MegalithError CONFIG, NOT_FOUND */
export async function machineNamed(name: string, options: Omit<MachinesOptions, 'hosts'> = {}): Promise<Machine> {
  const [machine] = await allMachines({ ...options, hosts: [name] });
  return machine!;
}

/** Where a client never had a machine of a cloud, nothing of clouds is loaded. */
async function madeMachines(
  inventory: Inventory,
  home: string,
  agentFile: string | undefined,
): Promise<readonly Machine[]> {
  if (!(await hasEntries(join(home, 'cloud', 'machines')))) return [];
  const { notedHosts } = await import('../providers/ec2/noted-hosts.js');
  return await notedHosts({ inventory, home, agentFile });
}

async function hasEntries(folder: string): Promise<boolean> {
  const names = await unlessMissing(readdir(folder));
  return names !== undefined && names.length > 0;
}
