import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { processTable, procFile, signalTo, withDescendants } from '../../hosts/process-table.js';
import type { Isolation } from './isolation.js';
import { programMib, SandboxGroup } from './sandbox-group.js';

export interface SandboxPlace {
  /** The sandbox's own folder. */
  readonly folder: string;
  /** Below the trees of control groups. */
  readonly groupName: string;
  readonly codeFolder: string;
  readonly runtimeFolder: string;
  /** The runtime client's program, below that. */
  readonly runtimeEntry: string;
  readonly handler: string;
  readonly memoryMib: number;
  readonly ephemeralMib: number;
  readonly hasCpuShare: boolean;
  readonly env: Readonly<Record<string, string>>;
}

/** The processes of a sandbox, however they are held together. */
export interface SandboxProcesses {
  readonly child: ChildProcess;
  ids(): number[];
  usedMib(): number;
  /** How often the kernel killed one for lack of memory. */
  oomKills(): number;
  /** It is ready: from here on it has its share of the processors. */
  limitCpu(): void;
  /** Ends all of them, frozen or not. */
  kill(): void;
  /** Removes what is left of them, once they have ended. */
  remove(): Promise<void>;
}

const mebibyte = 2 ** 20;
const script = readFileSync(new URL('../../../src/lambda/sandboxes/enter.sh', import.meta.url), 'utf8');

/** In namespaces and control groups of their own. */
export function isolatedProcesses(place: SandboxPlace, { uid, gid }: Isolation): SandboxProcesses {
  const group = new SandboxGroup(place.groupName, place.memoryMib, place.hasCpuShare);
  const namespaces = ['--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const image = join(place.folder, 'tmp.img');
  const places = [`${place.ephemeralMib}`, image, place.codeFolder, place.runtimeFolder, `${uid}`, `${gid}`];
  const program = [process.execPath, `/mnt/runtime/${place.runtimeEntry}`, place.handler];
  const args = [
    ...namespaces,
    '/bin/sh',
    '-c',
    script,
    'megalith-sandbox',
    ...places,
    ...group.doors,
    '--',
    ...program,
  ];
  const env = {
    PATH: process.env.PATH ?? '',
    ...place.env,
    LAMBDA_TASK_ROOT: '/mnt/task',
    LAMBDA_RUNTIME_DIR: '/mnt/runtime',
  };
  const child = spawn('unshare', args, { cwd: '/', env, stdio: ['ignore', 'pipe', 'pipe'] });
  return {
    child,
    ids: () => group.processIds(),
    usedMib: () => group.usedMib(),
    oomKills: () => group.oomKills(),
    limitCpu: () => group.limitCpu(),
    kill() {
      // The death of the first process in a namespace of processes is that of all.
      child.kill('SIGKILL');
      for (const pid of group.processIds()) signalTo(pid, 'SIGKILL');
    },
    remove: () => group.remove(),
  };
}

/** As they are, for who is not root: a folder stands for `/tmp`, and memory is counted from outside. */
export function plainProcesses(place: SandboxPlace): SandboxProcesses {
  const tmp = join(place.folder, 'tmp');
  mkdirSync(tmp, { recursive: true });
  const env = {
    PATH: process.env.PATH ?? '',
    ...place.env,
    LAMBDA_TASK_ROOT: place.codeFolder,
    LAMBDA_RUNTIME_DIR: place.runtimeFolder,
    TMPDIR: tmp,
    MEGALITH_HOME: join(tmp, 'megalith'),
  };
  const args = [join(place.runtimeFolder, place.runtimeEntry), place.handler];
  const child = spawn(process.execPath, args, { cwd: place.codeFolder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const known = new Set<number>(child.pid === undefined ? [] : [child.pid]);
  const ids = (): number[] => {
    const living = withDescendants(processTable(), known).map(({ pid }) => pid);
    known.clear();
    for (const pid of living) known.add(pid);
    return living;
  };
  return {
    child,
    ids,
    usedMib: () => programMib + Math.ceil(ids().reduce((sum, pid) => sum + residentBytes(pid), 0) / mebibyte),
    oomKills: () => 0,
    limitCpu: () => undefined,
    kill() {
      for (const pid of ids()) signalTo(pid, 'SIGKILL');
    },
    remove: async () => undefined,
  };
}

function residentBytes(pid: number): number {
  return Number(/^RssAnon:\s+(\d+) kB/m.exec(procFile(pid, 'status'))?.[1] ?? 0) * 1024;
}
