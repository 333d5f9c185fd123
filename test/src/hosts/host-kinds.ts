import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findSshd } from './loopback/start-loopback-hosts.js';
import { abilitiesOfNamespaces } from './namespaces/namespace-host.js';
import { run } from './run.js';
import type { Ability, HostKind } from './test-host.js';

const kinds: readonly HostKind[] = ['namespaces', 'loopback', 'ssh2'];

/** Whether hosts of a kind have these abilities: for tests that are skipped where they do not. */
export function kindCan(kind: HostKind, ...abilities: readonly Ability[]): boolean {
  const own: Record<HostKind, readonly Ability[]> = {
    namespaces: abilitiesOfNamespaces,
    loopback: ['openssh'],
    ssh2: [],
  };
  return abilities.every(ability => own[kind].includes(ability));
}

/** Which kinds of hosts this machine can make, the truest first. */
export async function availableKinds(): Promise<HostKind[]> {
  const sshd = findSshd();
  return [
    ...(sshd === '/usr/sbin/sshd' && (await namespacesWork()) ? (['namespaces'] as const) : []),
    ...(sshd !== undefined ? (['loopback'] as const) : []),
    'ssh2',
  ];
}

/** The kind that `MEGALITH_TEST_HOSTS` names, else the truest that this machine can make. */
export async function bestKind(): Promise<HostKind> {
  const forced = process.env.MEGALITH_TEST_HOSTS;
  if (forced === undefined || forced === '') return (await availableKinds())[0]!;
  const kind = kinds.find(kind => kind === forced);
  if (kind === undefined) throw new Error(`MEGALITH_TEST_HOSTS is "${forced}", which is none of ${kinds.join(', ')}`);
  return kind;
}

/** Does once, in namespaces that end at once, what hosts need: links, a bridge, an overlay of the root, their own /proc. */
async function namespacesWork(): Promise<boolean> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  const folder = mkdtempSync(join(tmpdir(), 'mgh-probe-'));
  const script = `set -e
    ip link add name try type bridge
    ip link add name one type veth peer name two
    bridge -V; nsenter --version; fallocate --version
    cd "$1"; mount -t tmpfs try .; cd "$1"; mkdir upper work root
    mknod upper/home c 0 0
    mount -t overlay try -o lowerdir=/,upperdir=upper,workdir=work root
    mkdir -p root/proc; mount -t proc proc root/proc; mount -t sysfs -o ro sysfs root/mnt; chroot root true`;
  const own = ['--net', '--mount', '--pid', '--uts', '--ipc', '--fork', '--kill-child', '--propagation', 'private'];
  try {
    return (await run('unshare', [...own, 'sh', '-c', script, 'sh', folder])).code === 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
