import { agentPath } from '../bootstrap/agent-path.js';
import type { NodeSources } from '../bootstrap/node-sources.js';
import type { Inventory } from '../inventory/read-inventory.js';
import type { Provider } from '../provider.js';
import { connectSsh } from '../ssh/connect-ssh.js';
import { createSshMachine } from './ssh-machine.js';
import { sshTarget } from './ssh-target.js';

export interface SshProviderOptions {
  readonly inventory: Pick<Inventory, 'hosts' | 'agent'>;
  /** Megalith's home here: what is known of hosts is remembered there. */
  readonly home: string;
  /** The agent's one file, on this machine. @defaultValue the one that came with this Megalith */
  readonly agentFile?: string;
  readonly nodeSources?: NodeSources;
}

/** The hosts of the inventory as machines. Listing connects to nobody. */
export function createSshProvider({ inventory, home, ...options }: SshProviderOptions): Provider {
  const { agentFile = agentPath(), nodeSources } = options;
  const { hosts, agent } = inventory;
  const machines = hosts.map(entry =>
    createSshMachine(entry, {
      target: () => sshTarget(entry, hosts),
      connect: connectSsh,
      home,
      agentFile,
      idleMs: agent.idleMs,
      retention: agent.retention,
      nodeSources,
    }),
  );
  return { name: 'ssh', list: async () => machines };
}
