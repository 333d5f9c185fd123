import { MegalithError, megalithHome } from '@megalith/agent';
import type { Backend, BackendOptions } from '@megalith/core';
import { agentPath } from '../bootstrap/agent-path.js';
import { type Inventory, readInventory } from '../inventory/read-inventory.js';
import type { Machine } from '../machine.js';
import type { Provider } from '../provider.js';
import { createLocalProvider } from '../providers/local.js';
import { createSshProvider } from '../providers/ssh.js';
import { PlacedJobs } from './placed-jobs.js';
import { createStandaloneBackend } from './standalone-backend.js';

/** The machines that are configured: the hosts of the inventory, or, where there are none, this machine. */
export interface Machines {
  readonly machines: readonly Machine[];
  readonly inventory: Inventory;
  readonly provider: Provider;
  readonly placed: PlacedJobs;
}

export interface MachinesOptions {
  /** Only machines with these names; `local` is this machine. @defaultValue all */
  readonly hosts?: readonly string[];
  /** Megalith's home here. @defaultValue see `megalithHome` */
  readonly home?: string;
  /** The agent's one file, for hosts. @defaultValue the one that came with this Megalith */
  readonly agentFile?: string;
  /** Where the search for the project's config begins. @defaultValue the working directory */
  readonly cwd?: string;
}

const thisMachine = 'local';

/** @throws MegalithError CONFIG, NOT_FOUND for a name that is not in the inventory */
export async function configuredMachines(options: MachinesOptions = {}): Promise<Machines> {
  const { home = megalithHome(), cwd = process.cwd(), hosts, agentFile = agentPath() } = options;
  const inventory = await readInventory({ cwd, home });
  const placed = new PlacedJobs(home);
  const local = createLocalProvider({ home, settings: inventory.agent, clearance: inventory.hereClearance });
  if (inventory.hosts.length === 0 && inventory.ec2 === undefined && hosts === undefined) {
    return { machines: await local.list(), provider: local, placed, inventory };
  }
  const ssh = createSshProvider({ inventory, home, agentFile });
  const all = await ssh.list();
  if (hosts === undefined) return { machines: all, provider: ssh, placed, inventory };
  const [here] = await local.list();
  const named = hosts.map(name => {
    if (name === thisMachine) return here!;
    const entry = inventory.find(name);
    return all.find(machine => machine.name === entry.name)!;
  });
  return { machines: [...new Set(named)], provider: ssh, placed, inventory };
}

/**
 * Machines that are reached through their agents, as a backend: those of the inventory, or this one.
 * @throws MegalithError CONFIG, NOT_FOUND, USAGE
 */
export async function openStandalone(options: BackendOptions = {}): Promise<Backend> {
  if (options.memoryBytes !== undefined) {
    throw new MegalithError('USAGE', 'the backend "standalone" cannot be given less memory by its client', {
      hint: 'set "memory" of the host in megalith.yaml: it holds for all clients',
    });
  }
  const { home = megalithHome(), hosts, slots } = options;
  const { machines, placed, inventory } = await configuredMachines({ home, ...(hosts === undefined ? {} : { hosts }) });
  const setup = { machines, placed, ...(slots === undefined ? {} : { slots }) };
  // Who names machines wants those, and no others.
  if (inventory.ec2 === undefined || hosts !== undefined) return createStandaloneBackend(setup);
  const { openEc2Pool } = await import('../providers/ec2/ec2-pool.js');
  const pool = openEc2Pool({ inventory, home, prices: options.prices, at: options.at })!;
  const { createPoolMaker } = await import('../pool/pool-maker.js');
  const { desk, intents, settings } = pool;
  const maker = createPoolMaker({
    desk,
    intents,
    placed,
    clearance: settings.clearance,
    ...(slots === undefined ? {} : { slots }),
  });
  const backend = createStandaloneBackend({ ...setup, maker });
  return {
    ...backend,
    async close() {
      await backend.close();
      pool.close();
    },
  };
}
