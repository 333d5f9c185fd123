import type { Retention } from '@megalith/agent';
import { agentPath } from '../../bootstrap/agent-path.js';
import type { HostEntry } from '../../inventory/host-entry.js';
import type { Machine } from '../../machine.js';
import type { CloudMachine, MachineTags, Market } from '../../pool/cloud-machine.js';
import type { MachineNote, MachineNotes } from '../../pool/machine-notes.js';
import { connectSsh } from '../../ssh/connect-ssh.js';
import type { ConnectOptions, SshSession, SshTarget } from '../../ssh/ssh-session.js';
import { createSshMachine } from '../ssh-machine.js';
import { sshTarget } from '../ssh-target.js';
import type { Ec2Settings } from './ec2-settings.js';
import { withOwnHostKey } from './own-host-key.js';

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
  readonly onRotated?: (machine: Pick<CloudMachine, 'id'>, fingerprint: string) => Promise<void>;
}

/** What has to be known of a machine to reach it, beside the note of it. */
export type ReachedMachine = Pick<CloudMachine, 'id' | 'address'> & {
  readonly market?: Market | undefined;
  readonly tags: Pick<MachineTags, 'hostKey' | 'expiresAt'>;
};

/**
 * A machine of EC2 as one that is reached by SSH, with the key that was pinned before it was made. Undefined where it has no address, or this client
 * has never had a key to it.
 */
export async function ec2Host(machine: ReachedMachine, options: Ec2HostOptions): Promise<Machine | undefined> {
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
  const pinned = async (): Promise<MachineNote> => (await notes.find(id)) ?? note;
  const connect = async (target: SshTarget, how: ConnectOptions): Promise<SshSession> => {
    const session = await connectSsh(target, how);
    try {
      const known = await pinned();
      const isLearned = known.address === address && (market === undefined || known.market === market);
      // A machine that was stopped has another address.
      if (!isLearned) await notes.learn(id, { address, ...(market === undefined ? {} : { market }) });
      // A client that died meanwhile may have pinned the next key and not installed it: that is done again.
      if (known.hasOwnKey === true || tags.hostKey === undefined) return session;
      return await withOwnHostKey(session, target, how, {
        id,
        notes,
        // Whoever may describe the machine can read the key that it was born with.
        injected: known.hostKeys[0]!,
        onRotated: async fingerprint => await options.onRotated?.(machine, fingerprint),
      });
    } catch (error) {
      session.close();
      throw error;
    }
  };
  return createSshMachine(entry, {
    // Its key may have changed since.
    target: async () => {
      const { hostKeys } = await pinned();
      return await sshTarget({ ...entry, hostKeys }, [entry, ...hosts]);
    },
    connect,
    home,
    agentFile: options.agentFile ?? agentPath(),
    idleMs: options.idleMs,
    retention: options.retention,
    machine: {
      atEnd: 'shutdown',
      keepResultsMs: settings.keepResultsMs,
      leaseNeeded: true,
      ...(Number.isNaN(tags.expiresAt) ? {} : { expiresAt: tags.expiresAt }),
      ...(market === 'spot' ? { spot: 'ec2' } : {}),
    },
  });
}
