import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { newKeyPair } from '../../hosts/keys.js';
import { type Guest, type HostSystem, shiftedClockFile } from '../../hosts/namespaces/host-system.js';
import { shiftedClock } from '../../hosts/shifted-clock.js';
import { sshdConfig } from '../../hosts/sshd-config.js';
import type { BootSpec } from '../instance-hosts.js';
import type { BootFaults } from './boot-faults.js';
import type { CloudInitPlan } from './cloud-init-plan.js';
import { guestOnce } from './guest-once.js';

/** Shell scripts stand in `src`, next to this file's source, wherever this file runs from. */
const scripts = fileURLToPath(new URL('../../../src/ec2/hosts/guest/', import.meta.url));
const safePath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface GuestSettings {
  /** How long what `shutdown +1` calls a minute takes, milliseconds. */
  readonly minuteMs: number;
  readonly login: string;
  readonly instanceId: string;
  readonly ssh: NonNullable<BootFaults['ssh']>;
  /** The command that ends the host. */
  readonly off: string;
  /** A folder that is new at each boot. */
  readonly run: string;
  readonly rootHome: string;
  readonly safePath: string;
}

/** The file that all programs of a guest read: `NAME='value'` lines. Tests may change it in a running host. */
export function guestSettings(settings: GuestSettings): string {
  const { minuteMs, login, instanceId, ssh, off, run, rootHome } = settings;
  const values = {
    MINUTE_MS: String(minuteMs),
    LOGIN: login,
    INSTANCE_ID: instanceId,
    SSH: ssh,
    OFF: off,
    RUN: run,
    ROOT_HOME: rootHome,
    SAFE_PATH: settings.safePath,
  };
  return Object.entries(values)
    .map(([name, value]) => `${name}='${value}'\n`)
    .join('');
}

/** Puts a program of guests where it belongs. */
export function copyGuestProgram(
  name: 'init' | 'kernel-init' | 'shutdown' | 'sudo' | 'systemctl',
  target: string,
): void {
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(join(scripts, `${name}.sh`), target);
  chmodSync(target, 0o755);
}

/** The system of an instance in namespaces. Its programs replace the machine's at the first boot, inside. */
export function guestSystem(
  { instanceId, user, publicKey }: BootSpec,
  plan: CloudInitPlan,
  faults: BootFaults,
  minuteMs: number,
  guest: Guest,
): HostSystem {
  if (!/^[a-z_][a-z0-9_-]*$/.test(user)) throw new Error(`'${user}' cannot be the name of a login`);
  const hostKey = newKeyPair(instanceId);
  const hostKeyFile = '/etc/ssh/ssh_host_ed25519_key';
  const home = user === 'root' ? '/root' : `/home/${user}`;
  const { clockOffsetMs = 0, ssh = 'open', ownHostKey = false } = faults;
  return {
    user,
    home,
    hostKeyFile,
    hostKeys: [hostKey.fingerprint],
    guest,
    writeFiles(folder) {
      const put = (path: string, text: string, mode: number) => {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), text, { mode });
      };
      const putAll = (path: string, texts: readonly string[]) => {
        for (const [index, text] of texts.entries()) put(`${path}/${String(index).padStart(3, '0')}`, text, 0o755);
      };
      const settings = { minuteMs, login: user, instanceId, ssh, off: 'kill -TERM 1', run: '/run', rootHome: '/root' };
      copyGuestProgram('init', join(folder, 'usr/sbin/guest-init'));
      for (const name of ['shutdown', 'sudo', 'systemctl'] as const)
        copyGuestProgram(name, join(folder, 'etc/guest', name));
      put('etc/guest/settings', guestSettings({ ...settings, safePath }), 0o644);
      put('etc/guest/once', guestOnce(ownHostKey ? { ...plan, hostKeys: [] } : plan, { user, home, publicKey }), 0o600);
      putAll('etc/guest/boot', plan.bootScripts);
      putAll('etc/guest/scripts', plan.scripts);
      put(hostKeyFile, hostKey.privateText, 0o600);
      put(`${hostKeyFile}.pub`, hostKey.publicLine, 0o644);
      if (clockOffsetMs !== 0) put(shiftedClockFile, shiftedClock(clockOffsetMs), 0o644);
      put(
        'etc/ssh/sshd_config',
        sshdConfig({
          address: '0.0.0.0',
          port: 22,
          authorizedKeysFile: '.ssh/authorized_keys',
          socketForwarding: true,
          pidFile: '/run/sshd.pid',
          env: {
            // Without sudo, a login may not shut down.
            ...(user === 'root' ? {} : { MEGALITH_LOGIN: user }),
            ...(clockOffsetMs === 0 ? {} : { NODE_OPTIONS: `--require=${shiftedClockFile}` }),
          },
        }),
        0o600,
      );
    },
  };
}
