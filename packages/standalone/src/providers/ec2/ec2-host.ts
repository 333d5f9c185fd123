import type { Retention } from '@megalith/agent';
import { agentPath } from '../../bootstrap/agent-path.js';
import type { HostEntry } from '../../inventory/host-entry.js';
import type { Machine } from '../../machine.js';
import type { CloudMachine } from '../../pool/cloud-machine.js';
import type { MachineNotes } from '../../pool/machine-notes.js';
import { connectSsh } from '../../ssh/connect-ssh.js';
import type { ConnectOptions, SshSession, SshTarget } from '../../ssh/ssh-session.js';
import { createSshMachine } from '../ssh-machine.js';
import { sshTarget } from '../ssh-target.js';
import type { Ec2Settings } from './ec2-settings.js';
import { rotateHostKey } from './rotate-host-key.js';

export interface Ec2HostOptions {
  readonly settings: Ec2Settings;
  readonly home: string;
  readonly notes: MachineNotes;
  /** The inventory, where a jump host is looked up. */
  readonly hosts: readonly HostEntry[];
  readonly retention?: Retention | undefined;
  /** @defaultValue the one that came with this Megalith */
  readonly agentFile?: string | undefined;
  /** What the agent is told where it is started: how long it stays without work, milliseconds. */
  readonly idleMs: number;
  /** The machine shows another host key from now on. */
  readonly onRotated?: (machine: CloudMachine, fingerprint: string) => Promise<void>;
}

/**
 * A machine of EC2 as one that is reached by SSH, with the key that was pinned before it was made. Undefined where it has no address, or this client
 * has never had a key to it.
 */
export async function ec2Host(machine: CloudMachine, options: Ec2HostOptions): Promise<Machine | undefined> {
  const { settings, notes, hosts, home } = options;
  const { id, tags, market } = machine;
  const note = await notes.find(id);
  const address = machine.address?.[settings.address] ?? note?.address;
  if (note === undefined || address === undefined) return undefined;
  const entry: HostEntry = {
    name: id,
    address,
    user: note.user,
    identityFile: note.identityFile,
    hostKeys: note.hostKeys,
    clearance: settings.clearance,
    ...(settings.port === undefined ? {} : { port: settings.port }),
    ...(note.jump === undefined ? {} : { jump: note.jump }),
    ...(note.folder === undefined ? {} : { folder: note.folder }),
  };
  const isNew = note.hostKeys.length === 1 && note.hostKeys[0] === tags.hostKey;
  const connect = async (target: SshTarget, how: ConnectOptions): Promise<SshSession> => {
    const session = await connectSsh(target, how);
    if (!isNew) return session;
    try {
      // Whoever may describe the machine can read the key that it was born with.
      const fingerprint = await rotateHostKey(session, {
        injected: note.hostKeys[0]!,
        pin: async hostKeys => void (await notes.learn(id, { hostKeys, address })),
        ...(how.signal === undefined ? {} : { signal: how.signal }),
      });
      await options.onRotated?.(machine, fingerprint);
      return session;
    } catch (error) {
      session.close();
      throw error;
    }
  };
  return createSshMachine(entry, {
    target: () => sshTarget(entry, [entry, ...hosts]),
    connect,
    home,
    agentFile: options.agentFile ?? agentPath(),
    idleMs: options.idleMs,
    retention: options.retention,
    machine: {
      atEnd: 'shutdown',
      leaseNeeded: true,
      expiresAt: tags.expiresAt,
      ...(market === 'spot' ? { spot: 'ec2' } : {}),
    },
  });
}
