import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, within } from '../../conformance/eventually.js';
import { firstLine } from '../first-line.js';
import { newKeyPair } from '../keys.js';
import { portsOf } from '../listening-ports.js';
import { type Entry, pidNamespace, processTable, procFile, signalTo } from '../process-table.js';
import { run, runOrThrow } from '../run.js';
import { stopAll } from '../stopped.js';
import type { Ability, HostFaults, HostOptions, TestHost } from '../test-host.js';
import { type Fabric, type Plug, scripts } from './fabric.js';
import type { HostSystem } from './host-system.js';

export const abilitiesOfNamespaces: readonly Ability[] = ['network', 'power', 'disk', 'openssh', 'isolation'];

export interface NamespaceHostSettings {
  readonly name: string;
  /** The first is the one at which the host is reached. */
  readonly plugs: readonly [Plug, ...Plug[]];
  /** Those of the other hosts. */
  readonly peers: readonly Plug[];
  readonly jump: string | undefined;
  readonly folder: string;
  readonly system: HostSystem;
  readonly identityFile: string;
  readonly options: HostOptions;
}

export interface NamespaceHost extends TestHost {
  /** Tells a guest that its network is there: it boots. */
  letBoot(): void;
  /** Asks a guest to end, as who presses the button of a machine. */
  askToEnd(): void;
}

/** In the environment of what belongs to a guest's system and not to its sessions. */
const ofSystem = 'MEGALITH_GUEST=1';

interface Running {
  readonly child: ChildProcess;
  /** The host's PID 1. */
  readonly init: number;
  /** Settles when all of it has ended, and its cable is out. */
  readonly gone: Promise<void>;
}

const port = 22;
const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const defaultDiskBytes = 2 * 1024 ** 3;

/** Makes a host in the fabric and boots it. */
export async function startNamespaceHost(fabric: Fabric, settings: NamespaceHostSettings): Promise<NamespaceHost> {
  const { name, plugs, options, system } = settings;
  const { user, home, hostKeyFile, hostKeys, guest, program } = system;
  const files = join(settings.folder, name);
  const disk = `/mnt/${name}`;
  let running: Running | undefined;
  let log = '';
  let cut = false;
  let stopped: readonly number[] = [];
  let removedKeys: string | undefined;
  const authorizedKeys = `${home}/.ssh/authorized_keys`;
  // Guests are many. A mount for each would be copied into all that boot after it.
  const hasDisk = guest === undefined;

  mkdirSync(files);
  system.writeFiles(files);
  if (hasDisk) {
    const bytes = options.diskBytes ?? defaultDiskBytes;
    const makeDisk = `mkdir ${disk} && mount -t tmpfs -o mode=755,size=${bytes} disk ${disk}`;
    await runOrThrow('nsenter', ['--target', String(fabric.pid), '--mount', '--', 'sh', '-c', makeDisk]);
  }
  await boot();

  async function boot(): Promise<void> {
    const node = options.node === false ? '' : process.execPath;
    const inFabric = ['--target', String(fabric.pid), '--mount', '--pid', '--net', '--', 'unshare'];
    const script = `${scripts}${program?.script ?? 'boot.sh'}`;
    const own = ['--net', '--mount', '--pid', '--uts', '--ipc', '--fork', '--kill-child', '--propagation', 'private'];
    const child = spawn(
      'nsenter',
      [
        ...inFabric,
        ...own,
        'sh',
        script,
        name,
        disk,
        files,
        node,
        options.sharedFolder ?? '',
        ...(program?.args ?? []),
      ],
      { stdio: ['pipe', 'pipe', 'pipe'] },
    );
    // A guest that has ended hears nothing.
    child.stdin.on('error', () => child.stdin.destroy());
    child.stderr.setEncoding('utf8').on('data', text => {
      log += text;
    });
    const listening = listeningLines();
    const init = Number(await firstLine(child));
    running = { child, init, gone: aftermath(child) };
    for (const [index, plug] of plugs.entries()) {
      const peers = settings.peers.filter(({ network }) => network === plug.network);
      await fabric.plugIn(plug, init, `eth${index}`, peers, guest?.lendNumber());
    }
    cut = false;
    if (guest === undefined) await untilListening(listening + 1);
  }

  async function aftermath(child: ChildProcess): Promise<void> {
    await once(child, 'close');
    for (const plug of plugs) await fabric.unplug(plug);
    running = undefined;
    guest?.ended();
  }

  function alive(): Running {
    if (running === undefined) throw new Error(`${name} has no power`);
    return running;
  }

  /** The first process of the host's system. */
  function systemPid(): number {
    const { init } = alive();
    const pid = program === undefined ? init : program.systemOf(init);
    if (pid === undefined) throw new Error(`${name} cannot be entered`);
    return pid;
  }

  function table(): Entry[] {
    if (running === undefined) return [];
    const namespace = pidNamespace(systemPid());
    // Nothing is read of a process that is gone, nor of some that live.
    return namespace === '' ? [] : processTable(pid => pidNamespace(pid) === namespace);
  }

  function listeningLines(): number {
    return log.split('Server listening on').length - 1;
  }

  async function untilListening(times: number): Promise<void> {
    await eventually(`${name}'s SSH server listens`, () => listeningLines() >= times);
  }

  function pathHere(path: string): string {
    return `/proc/${systemPid()}/root${path}`;
  }

  async function setLinks(on: boolean): Promise<void> {
    for (const plug of plugs) await fabric.setLink(plug, on);
    if (on && cut) await setForwarding(false);
  }

  async function setForwarding(on: boolean): Promise<void> {
    cut = !on;
    for (const plug of plugs) await fabric.setForwarding(plug, on);
  }

  const faults: HostFaults = {
    cutOff: () => setForwarding(false),
    heal: () => setForwarding(true),
    linkDown: () => setLinks(false),
    linkUp: () => setLinks(true),
    async powerLoss() {
      const { init, gone } = alive();
      await setLinks(false);
      signalTo(init, 'SIGKILL');
      await within(10_000, `the death of ${name}`, gone);
    },
    async powerOn() {
      if (running === undefined) await boot();
    },
    async restartSshd() {
      const before = listeningLines();
      for (const { pid } of table().filter(isListeningServer)) signalTo(pid, 'SIGTERM');
      await untilListening(before + 1);
    },
    async killSshdSessions() {
      await eventually(`no session of ${name} is left`, () => {
        const sessions = table().filter(entry => isServer(entry) && !isListeningServer(entry));
        for (const { pid } of sessions) signalTo(pid, 'SIGKILL');
        return sessions.length === 0;
      });
    },
    async fillDisk(bytesLeft) {
      const { bavail, bsize } = statfsSync(pathHere('/'));
      const length = bavail * bsize - bytesLeft;
      const before = existsSync(ballast()) ? statSync(ballast()).size : 0;
      const more = ['--offset', String(before), '--length', String(length)];
      if (length > 0) await runOrThrow('fallocate', [...more, ballast()]);
    },
    async freeDisk() {
      rmSync(ballast(), { force: true });
    },
    async freeze() {
      stopped = await stopAll(table);
    },
    async thaw() {
      for (const pid of stopped) signalTo(pid, 'SIGCONT');
      stopped = [];
    },
    async changeHostKey() {
      const next = newKeyPair(name);
      writeFileSync(pathHere(hostKeyFile), next.privateText);
      await faults.restartSshd();
      return next.fingerprint;
    },
    async removeKey() {
      removedKeys ??= readFileSync(pathHere(authorizedKeys), 'utf8');
      writeFileSync(pathHere(authorizedKeys), '');
    },
    async restoreKey() {
      if (removedKeys !== undefined) writeFileSync(pathHere(authorizedKeys), removedKeys);
      removedKeys = undefined;
    },
  };

  /** A file on the host's disk that the host does not see. */
  function ballast(): string {
    return `/proc/${fabric.pid}/root${disk}/ballast`;
  }

  const address = fabric.addressOf(plugs[0]);
  const { identityFile, jump } = settings;
  const sessionsOf = () => table().filter(entry => entry.pid !== systemPid() && !isServer(entry) && !ofGuest(entry));
  return {
    name,
    address,
    port,
    user,
    hostKeys,
    identityFile,
    home,
    entry: () => ({ name, address, port, user, hostKeys, identityFile, ...(jump === undefined ? {} : { jump }) }),
    can: (...abilities) =>
      abilities.every(ability => abilitiesOfNamespaces.includes(ability) && (hasDisk || ability !== 'disk')),
    exec(command) {
      const all = ['--mount', '--uts', '--ipc', '--net', '--pid', '--root', '--wd'];
      const env = ['env', '-i', `HOME=${home}`, `USER=${user}`, `PATH=${path}`];
      const shell = ['sh', '-c', 'cd && eval "$1"', 'sh', command];
      return run('nsenter', ['--target', String(systemPid()), ...all, '--', ...env, ...shell]);
    },
    pathHere,
    processes: () => sessionsOf().map(({ pid, command }) => ({ pid: pidInside(pid), pidHere: pid, command })),
    listeningPorts: () => portsOf(sessionsOf().map(({ pid }) => pid)),
    log: () => log,
    faults,
    letBoot: () => void running?.child.stdin?.write('network\n'),
    askToEnd: () => running !== undefined && signalTo(running.init, 'SIGTERM'),
  };
}

function isServer({ command }: Entry): boolean {
  return /^(sshd(-session|-auth)?: |\/usr\/sbin\/sshd )/.test(command);
}

function isListeningServer(entry: Entry): boolean {
  return isServer(entry) && entry.command.includes('[listener]');
}

function ofGuest({ pid }: Entry): boolean {
  return procFile(pid, 'environ').includes(`${ofSystem}\0`);
}

/** The last of the numbers that the process has, one in each namespace. */
function pidInside(pid: number): number {
  return Number(/^NSpid:.*\t(\d+)$/m.exec(procFile(pid, 'status'))?.[1] ?? pid);
}
