import { stringify } from 'yaml';
import { bootDeadlineScript } from './boot-deadline-script.js';
import { endScript } from './end-script.js';
import type { InjectedHostKey } from './injected-host-key.js';
import { scratchScript } from './scratch-script.js';

export interface UserDataOptions {
  /** The machine's absolute end, epoch milliseconds. */
  readonly endsAt: number;
  /** Milliseconds. */
  readonly maxLifetimeMs: number;
  /** As of `Ec2Settings`. */
  readonly bootMs: number;
  /** What sshd shows at first. Whoever may describe the machine can read it here: it is replaced at the first login. */
  readonly hostKey: Pick<InjectedHostKey, 'privateText' | 'publicLine'>;
  /** Public keys that may log in as the image's own user, beside the key pair's. @defaultValue none */
  readonly authorizedKeys?: readonly string[];
  /** Owns the scratch folder. */
  readonly user: string;
  /** Where the machine's own fast disks are mounted. @defaultValue '/scratch' */
  readonly scratchFolder?: string;
}

/** A client that lives ends its machine after `bootMs`: the machine itself waits half as long again, and a minute at least. */
const leastSlackMs = 60_000;

/**
 * What the machine does at boot, for cloud-init: first it arms its own end and the deadline of its boot, then it mounts scratch (all of that at every boot), then sshd gets the
 * host key that the client has pinned. cloud-init does all of that before sshd starts: whoever can log in finds it done.
 */
export function userData(options: UserDataOptions): string {
  const { endsAt, maxLifetimeMs, bootMs, hostKey, authorizedKeys = [], user, scratchFolder } = options;
  const config = {
    bootcmd: [
      ['sh', '-c', endScript(endsAt, maxLifetimeMs)],
      ['sh', '-c', bootDeadlineScript(user, bootMs + Math.max(bootMs / 2, leastSlackMs))],
      ['sh', '-c', scratchScript(user, scratchFolder)],
    ],
    ssh_deletekeys: true,
    ssh_keys: {
      ed25519_private: hostKey.privateText,
      ed25519_public: hostKey.publicLine,
    },
    ...(authorizedKeys.length === 0 ? {} : { ssh_authorized_keys: authorizedKeys.map(key => key.trim()) }),
    disable_root: true,
    ssh_pwauth: false,
    // Package managers take minutes, and may wait for each other's locks.
    package_update: false,
    package_upgrade: false,
    repo_upgrade: 'none',
  };
  return `#cloud-config\n${stringify(config, { lineWidth: 0 })}`;
}
