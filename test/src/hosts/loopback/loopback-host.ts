import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { eventually } from '../../conformance/eventually.js';
import { newKeyPair } from '../keys.js';
import { portsOf } from '../listening-ports.js';
import { markVariable } from '../owned-folder.js';
import { type Entry, processTable, procFile, signalTo, withDescendants } from '../process-table.js';
import { run } from '../run.js';
import { stopAll } from '../stopped.js';
import type { Ability, HostFaults, TestHost, TestHostEntry } from '../test-host.js';

export interface LoopbackHostSettings {
  readonly entry: TestHostEntry;
  readonly home: string;
  readonly mark: string;
  /** The environment of sessions. */
  readonly env: Readonly<Record<string, string>>;
  readonly abilities: readonly Ability[];
  readonly serverPid: number;
  /** Whether sessions are processes of their own, as with sshd. */
  readonly forks: boolean;
  readonly hostKeyFile: string;
  readonly authorizedKeysFile: string;
  readonly logFile: string;
}

/** A host that shares this machine's processes and network: what is its own is known by a mark in the environment. */
export function loopbackHost(settings: LoopbackHostSettings): TestHost {
  const { entry, home, mark, serverPid, hostKeyFile, authorizedKeysFile, logFile } = settings;
  const { name } = entry;
  const authorized = readFileSync(authorizedKeysFile, 'utf8');
  let stopped: readonly number[] = [];

  /** What sessions started: the marked, and the children of those should they have lost the mark. */
  function started(): Entry[] {
    const table = processTable();
    const marked = table.filter(({ pid }) => procFile(pid, 'environ').includes(`${markVariable}=${mark}\0`));
    return withDescendants(table, new Set(marked.map(({ pid }) => pid))).filter(({ pid }) => pid !== serverPid);
  }

  function servers(): Entry[] {
    const ours = new Set(started().map(({ pid }) => pid));
    return withDescendants(processTable(), new Set([serverPid])).filter(({ pid }) => !ours.has(pid));
  }

  const log = () => (existsSync(logFile) ? readFileSync(logFile, 'utf8') : '');
  const listeningLines = () => log().split('Server listening on').length - 1;
  const unavailable = (ability: Ability) => async () => {
    throw new Error(`${name} has no '${ability}': ask can('${ability}') first`);
  };

  const faults: HostFaults = {
    cutOff: unavailable('network'),
    heal: unavailable('network'),
    linkDown: unavailable('network'),
    linkUp: unavailable('network'),
    powerLoss: unavailable('power'),
    powerOn: unavailable('power'),
    fillDisk: unavailable('disk'),
    freeDisk: unavailable('disk'),
    async restartSshd() {
      const before = listeningLines();
      signalTo(serverPid, 'SIGHUP');
      await eventually(`${name}'s SSH server listens again`, () => listeningLines() > before);
    },
    async killSshdSessions() {
      if (!settings.forks) return signalTo(serverPid, 'SIGUSR2');
      await eventually(`no session of ${name} is left`, () => {
        const sessions = servers().filter(({ pid }) => pid !== serverPid);
        for (const { pid } of sessions) signalTo(pid, 'SIGKILL');
        return sessions.length === 0;
      });
    },
    async freeze() {
      stopped = await stopAll(() => [...servers(), ...started()]);
    },
    async thaw() {
      for (const pid of stopped) signalTo(pid, 'SIGCONT');
      stopped = [];
    },
    async changeHostKey() {
      const next = newKeyPair(name);
      writeFileSync(hostKeyFile, next.privateText);
      await faults.restartSshd();
      return next.fingerprint;
    },
    async removeKey() {
      writeFileSync(authorizedKeysFile, '');
    },
    async restoreKey() {
      writeFileSync(authorizedKeysFile, authorized);
    },
  };

  return {
    ...entry,
    home,
    entry: () => entry,
    can: (...abilities) => abilities.every(ability => settings.abilities.includes(ability)),
    exec: command => run('/bin/sh', ['-c', command], { cwd: home, env: { ...settings.env, HOME: home } }),
    pathHere: path => path,
    processes: () => started().map(({ pid, command }) => ({ pid, pidHere: pid, command })),
    listeningPorts: () => portsOf(started().map(({ pid }) => pid)),
    log,
    faults,
  };
}

/** Where programs of hosts are found; Node's own folder comes first, wherever it is. */
export const loopbackPath = `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`;
