import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startHosts } from '../../../hosts/start-hosts.js';
import type { TestHost, TestHosts } from '../../../hosts/test-host.js';
import { megalithMs } from '../cli.js';

/** The hosts of the bench: real sshd, each in its own namespaces where this machine allows that, else on loopback. */
export interface BenchHosts {
  /** Its agent serves, and this client knows it. */
  readonly warm: TestHost;
  /** Nothing of Megalith's was ever there, unless a case has put it there. */
  readonly fresh: TestHost;
  /** Megalith homes whose inventories have these hosts. */
  readonly homes: { readonly one: string; readonly three: string; readonly fresh: string };
  /** On a disk in memory, where there is one. */
  readonly folder: string;
}

interface Started extends BenchHosts {
  readonly all: TestHosts;
}

const gibibyte = 2 ** 30;
let started: Promise<Started> | undefined;

/** Started by whoever asks first. */
export function benchHosts(): Promise<BenchHosts> {
  started ??= start();
  return started;
}

export async function endBenchHosts(): Promise<void> {
  // Where they did not start, each case has failed with the reason, and nothing is to be ended.
  const [open] = await Promise.allSettled([started]);
  started = undefined;
  if (open.status === 'rejected' || open.value === undefined) return;
  await rm(open.value.folder, { recursive: true });
  await open.value.all.close();
}

async function start(): Promise<Started> {
  const all = await startHosts(4, { diskBytes: 4 * gibibyte });
  const folder = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'megalith-bench-'));
  const [warm, second, third, fresh] = all.all as [TestHost, TestHost, TestHost, TestHost];
  const homes = {
    one: await homeWith(join(folder, 'one'), [warm]),
    three: await homeWith(join(folder, 'three'), [warm, second, third]),
    fresh: await homeWith(join(folder, 'fresh'), [fresh]),
  };
  for (const host of [warm, second, third]) {
    const home = host === warm ? homes.one : homes.three;
    await megalithMs(['run', '--host', host.name, '--', 'true'], '', { env: { MEGALITH_HOME: home } });
  }
  return { all, warm, fresh, homes, folder };
}

/** The inventory is JSON, which is YAML too. */
async function homeWith(home: string, hosts: readonly TestHost[]): Promise<string> {
  const entries = hosts.map(host => {
    const { name, ...entry } = host.entry();
    return [name, entry] as const;
  });
  await mkdir(home, { mode: 0o700 });
  await writeFile(join(home, 'megalith.yaml'), JSON.stringify({ hosts: Object.fromEntries(entries) }), { mode: 0o600 });
  return home;
}
