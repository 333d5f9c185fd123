import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type KeyPair, newKeyPair } from '../keys.js';
import { shiftedClock } from '../shifted-clock.js';
import { sshdConfig } from '../sshd-config.js';
import type { HostOptions } from '../test-host.js';

/** What runs on a host, beside the machine's own system. */
export interface HostSystem {
  readonly user: string;
  readonly home: string;
  readonly hostKeyFile: string;
  /** Fingerprints. */
  readonly hostKeys: readonly string[];
  /** Writes what the disk has beyond the machine's system. */
  writeFiles(folder: string): void;
  /** For one that brings `usr/sbin/guest-init`, its first process. @defaultValue none: sshd is kept running */
  readonly guest?: Guest;
  /** @defaultValue `boot.sh`: the machine's own system, with a disk of the host's over it */
  readonly program?: BootProgram;
}

/** What boots in place of the machine's own system. */
export interface BootProgram {
  /** In the folder of these scripts; it takes what `boot.sh` takes. */
  readonly script: string;
  /** What it takes beyond that. */
  readonly args: readonly string[];
  /** The process in whose namespaces the system is, from the first one's number. Undefined while there is none, or where nobody can enter. */
  systemOf(firstPid: number): number | undefined;
}

/** A system that is left to itself: it boots once it is told that its network is there, and may end. */
export interface Guest {
  /** For the number of the public address of the boot that begins. */
  lendNumber(): number;
  /** Called when it has ended, for whatever reason, and its cable is out. */
  ended(): void;
}

export const shiftedClockFile = '/etc/ssh/shifted-clock.cjs';

/** Root logs in by a key, and that is all. */
export function plainSystem(name: string, userKey: KeyPair, options: HostOptions): HostSystem {
  const hostKey = newKeyPair(name);
  const hostKeyFile = '/etc/ssh/host_key';
  return {
    user: 'root',
    home: '/root',
    hostKeyFile,
    hostKeys: [hostKey.fingerprint],
    writeFiles(folder) {
      const put = (path: string, text: string) => writeFileSync(join(folder, path), text, { mode: 0o600 });
      mkdirSync(join(folder, 'etc/ssh'), { recursive: true });
      mkdirSync(join(folder, 'root/.ssh'), { recursive: true });
      chmodSync(join(folder, 'root'), 0o700);
      put(hostKeyFile, hostKey.privateText);
      put('root/.ssh/authorized_keys', userKey.publicLine);
      const { clockOffsetMs = 0, socketForwarding = true } = options;
      if (clockOffsetMs !== 0) put(shiftedClockFile, shiftedClock(clockOffsetMs));
      const config = sshdConfig({
        address: '0.0.0.0',
        port: 22,
        hostKeyFile,
        authorizedKeysFile: '.ssh/authorized_keys',
        socketForwarding,
        env: clockOffsetMs === 0 ? {} : { NODE_OPTIONS: `--require=${shiftedClockFile}` },
      });
      put('etc/ssh/sshd_config', config);
    },
  };
}
