import { megalithHome } from '@megalith/agent';
import { configuredMachines, type MachinesOptions } from '../backend/standalone.js';
import { readInventory } from '../inventory/read-inventory.js';
import type { Machine } from '../machine.js';

const thisMachine = 'local';

/**
 * The named machines, or every host of the inventory and this machine.
 * @throws MegalithError CONFIG, NOT_FOUND for a name that is not in the inventory
 */
export async function allMachines(options: MachinesOptions = {}): Promise<readonly Machine[]> {
  const { home = megalithHome(), cwd = process.cwd(), hosts } = options;
  const names = hosts ?? [...(await readInventory({ cwd, home })).hosts.map(host => host.name), thisMachine];
  return (await configuredMachines({ home, cwd, hosts: names })).machines;
}

/** @throws MegalithError CONFIG, NOT_FOUND */
export async function machineNamed(name: string, options: Omit<MachinesOptions, 'hosts'> = {}): Promise<Machine> {
  const [machine] = await allMachines({ ...options, hosts: [name] });
  return machine!;
}
