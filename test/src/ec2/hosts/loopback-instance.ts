import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { within } from '../../conformance/eventually.js';
import { firstLine } from '../../hosts/first-line.js';
import { newKeyPair } from '../../hosts/keys.js';
import { loopbackPath } from '../../hosts/loopback/loopback-host.js';
import type { GuardPlan, ServerPlan, Ssh2ServerPlan } from '../../hosts/loopback/server-plan.js';
import { freePort, loopbackProgram } from '../../hosts/loopback/start-loopback-hosts.js';
import { markVariable, newOwnedFolder } from '../../hosts/owned-folder.js';
import { shiftedClock } from '../../hosts/shifted-clock.js';
import type { BootSpec } from '../instance-hosts.js';
import type { BootFaults } from './boot-faults.js';
import { cloudInitPlan } from './cloud-init-plan.js';
import { copyGuestProgram, guestSettings } from './guest-system.js';
import { PowerState } from './power-state.js';
import type { BootedHost } from './start-instance-hosts.js';

interface Place {
  readonly address: string;
  /** A folder that stays when the power is off. */
  readonly disk: string;
  readonly minuteMs: number;
}

/** A host with a home, a login and a `shutdown` of its own, that shares all else with this machine: no command of its user data runs. */
export async function bootLoopbackInstance(place: Place, spec: BootSpec, faults: BootFaults): Promise<BootedHost> {
  const { address, disk, minuteMs } = place;
  const { delayMs = 0, clockOffsetMs = 0, ssh = 'open' } = faults;
  const port = await freePort(address);
  const power = new PowerState();
  let guard: ChildProcess | undefined;
  writeDisk(disk, spec, faults);
  begin();

  /** Programs and marks of one life; gone with it. */
  function newRun(): { readonly folder: string; readonly plan: GuardPlan } {
    const folder = newOwnedFolder();
    const bin = join(folder, 'bin');
    for (const name of ['shutdown', 'poweroff', 'halt', 'sudo'] as const) {
      copyGuestProgram(name === 'sudo' ? 'sudo' : 'shutdown', join(bin, name));
    }
    const path = `${bin}:${loopbackPath}`;
    const settings = { minuteMs, login: spec.user, instanceId: spec.instanceId, ssh, run: folder, safePath: path };
    const off = `kill -USR2 "$(cat ${join(folder, 'guard')})"`;
    writeFileSync(join(folder, 'settings'), guestSettings({ ...settings, off, rootHome: join(disk, 'home') }));
    const env: Record<string, string> = {
      [markVariable]: `${basename(folder)}/1`,
      PATH: path,
      MEGALITH_GUEST_SETTINGS: join(folder, 'settings'),
      ...(spec.user === 'root' ? {} : { MEGALITH_LOGIN: spec.user }),
    };
    if (clockOffsetMs !== 0) {
      writeFileSync(join(folder, 'clock.cjs'), shiftedClock(clockOffsetMs));
      env.NODE_OPTIONS = `--require=${join(folder, 'clock.cjs')}`;
    }
    const server: Ssh2ServerPlan = {
      address,
      port,
      user: spec.user,
      home: join(disk, 'home'),
      hostKeyFile: join(disk, 'host_key'),
      authorizedKeysFile: join(disk, 'home/.ssh/authorized_keys'),
      socketForwarding: true,
      env,
    };
    const commands: Record<typeof ssh, readonly ServerPlan['command'][]> = {
      open: [[process.execPath, loopbackProgram('ssh2-server-process'), JSON.stringify(server)]],
      closed: [],
      silent: [[process.execPath, '-e', `require('net').createServer().listen(${port}, '${address}')`]],
    };
    const logFile = join(folder, 'log');
    return { folder, plan: { folder, servers: commands[ssh].map(command => ({ command, logFile })) } };
  }

  function begin(): void {
    power.later(async signal => {
      await delay(delayMs, undefined, { signal });
      const { folder, plan } = newRun();
      const child = spawn(process.execPath, [loopbackProgram('guard-process'), JSON.stringify(plan)], {
        stdio: ['pipe', 'pipe', 'pipe'],
      });
      guard = child;
      writeFileSync(join(folder, 'guard'), String(child.pid));
      child.on('exit', () => {
        rmSync(folder, { recursive: true, force: true });
        power.ended();
      });
      await firstLine(child);
    });
  }

  async function end(): Promise<void> {
    if (!(await power.expectEnd())) return;
    if (guard === undefined) return power.ended();
    const ended = guard.exitCode === null && guard.signalCode === null ? once(guard, 'exit') : undefined;
    guard.stdin?.end();
    if (ended !== undefined) await within(20_000, `the end of ${spec.instanceId}`, ended);
  }

  return {
    privateAddress: address,
    publicAddress: address,
    port,
    get off() {
      return power.off;
    },
    machine: undefined,
    noticeInterruption: () => undefined,
    powerOff: () => power.inTurn(end),
    powerOn: () =>
      power.inTurn(async () => {
        if (power.isOn) return;
        guard = undefined;
        power.on();
        begin();
      }),
    destroy: () =>
      power.inTurn(async () => {
        await end();
        rmSync(disk, { recursive: true, force: true });
      }),
  };
}

function writeDisk(disk: string, { userData, publicKey, instanceId }: BootSpec, { ownHostKey = false }: BootFaults) {
  const { hostKeys, authorizedKeys } = cloudInitPlan(userData);
  const injected = hostKeys.find(({ type }) => type === 'ed25519') ?? hostKeys[0];
  const hostKey = ownHostKey ? undefined : injected?.privateText;
  const lines = [...(publicKey === undefined ? [] : [publicKey]), ...authorizedKeys].map(line => `${line.trim()}\n`);
  if (existsSync(disk)) throw new Error(`there is a host for ${instanceId} already`);
  mkdirSync(join(disk, 'home/.ssh'), { recursive: true, mode: 0o700 });
  writeFileSync(join(disk, 'host_key'), hostKey ?? newKeyPair(instanceId).privateText, { mode: 0o600 });
  writeFileSync(join(disk, 'home/.ssh/authorized_keys'), lines.join(''), { mode: 0o600 });
}
