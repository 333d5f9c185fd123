import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Ec2Pool } from '@megalith/standalone';
import type { Ec2Simulator } from '../../ec2/ec2-simulator.js';
import type { BootFaults } from '../../ec2/hosts/boot-faults.js';
import type { BootedHost } from '../../ec2/hosts/start-instance-hosts.js';
import type { BootSpec, InstanceHosts } from '../../ec2/instance-hosts.js';
import { startEc2 } from '../../ec2/start-ec2.js';
import { makeRecordFolders } from './kill-points.js';
import type { LeakRun } from './leak-run.js';
import { type MachineWatch, watchMachines } from './machine-watch.js';
import { poolAt } from './pool-here.js';
import { silentHosts } from './silent-hosts.js';
import type { ClientJob } from './start-client.js';

/** An account, a home with a config, and a job: what one run has for itself. */
export interface RunSite extends AsyncDisposable {
  readonly run: LeakRun;
  readonly ec2: Ec2Simulator;
  readonly task: ClientJob;
  /** When every machine that there is is past its end, epoch milliseconds: one may have been made late. */
  readonly overAt: () => number;
  readonly hostOf: (machine: string) => BootedHost | undefined;
  readonly watch: MachineWatch;
  /** The dismantler's. */
  readonly pool: Ec2Pool;
}

const minuteMs = 60_000;
/** How long the guests of real machines take for what they call a minute, milliseconds. */
export const guestMinuteMs = 2500;
/** What silent ones take for that. */
const silentMinuteMs = 10_000;
/**
 * As it is configured. Nobody is given a machine that ends before it can have started, which is taken to last 90 s. Machines that have less than ten
 * minutes left are for no other job; those of real guests go by in 37 s.
 */
const lifetimeMs = { silent: 120_000, real: 905_000 };
/** Clients and guests take their time, and clocks may differ by half a minute before a sweep counts a machine as past its end, milliseconds. */
const graceMs = 45_000;

export async function openSite(run: LeakRun): Promise<RunSite> {
  const { fault, folder, name, hosts } = run;
  const lifeMs = lifeOf(run);
  const timerMs =
    hosts === undefined ? (lifeMs / minuteMs) * silentMinuteMs : Math.floor(lifeMs / minuteMs) * guestMinuteMs;
  const home = join(folder, name);
  const tally = join(folder, `${name}.tally`);
  mkdirSync(home, { mode: 0o700 });
  makeRecordFolders(home);
  const booted = new Map<string, BootedHost>();
  const hostOf = (machine: string): BootedHost | undefined => booted.get(machine);
  let watch: MachineWatch | undefined;
  const ec2 = await startEc2({ hosts: hostsFor(run, booted, machine => watch?.wentOff(machine)) });
  watch = watchMachines({ ec2, fault, hostOf, ...(hosts === undefined ? {} : { timerMs }) });
  for (const one of fault.faults ?? []) ec2.faults.add(one);
  writeFileSync(join(home, 'megalith.yaml'), JSON.stringify({ ec2: configOf(run, ec2) }));
  const pool = await poolAt(home);
  return {
    run,
    ec2,
    task: { id: `leak-${name}`, home, tally, tookSeconds: 0.4 },
    overAt: () => Math.max(...ec2.instances().map(({ launchedAt }) => launchedAt)) + timerMs + graceMs,
    hostOf,
    watch,
    pool,
    async [Symbol.asyncDispose]() {
      watch.close();
      pool.close();
      await ec2.close();
      rmSync(home, { recursive: true, force: true });
      rmSync(tally, { force: true });
    },
  };
}

function lifeOf({ hosts, fault }: LeakRun): number {
  return lifetimeMs[hosts === undefined ? 'silent' : 'real'] * (fault.longer ?? 1);
}

function configOf(run: LeakRun, { region, endpoint }: Ec2Simulator) {
  const { hosts, fault } = run;
  return {
    region,
    endpoint,
    owner: 'ann',
    admit: '127.0.0.1/32',
    idle: '10s',
    keepResults: '10s',
    user: 'ec2-user',
    types: ['r6i.*'],
    maxLifetime: `${lifeOf(run) / 1000}s`,
    ...(hosts === undefined ? { port: 9 } : {}),
    ...(fault.market === undefined ? {} : { markets: [fault.market, 'on-demand'] }),
  };
}

const bootFaults = new WeakMap<BootSpec, BootFaults>();

/** What real machines are to be started with: the fault of the run that boots them. */
export function bootFaultsOf(spec: BootSpec): BootFaults {
  return bootFaults.get(spec) ?? {};
}

/** Real machines are shared by many runs, and end with each; silent ones belong to their run. */
function hostsFor(
  { hosts, fault }: LeakRun,
  booted: Map<string, BootedHost>,
  wentOff: (machine: string) => void,
): InstanceHosts {
  if (hosts === undefined) return silentHosts(wentOff, minuteMs / silentMinuteMs);
  return {
    async boot(spec: BootSpec) {
      if (fault.boot !== undefined) bootFaults.set(spec, fault.boot);
      const host = await hosts.boot(spec);
      booted.set(spec.instanceId, host);
      host.off.then(
        () => wentOff(spec.instanceId),
        () => undefined,
      );
      return host;
    },
    async close() {
      await Promise.all([...booted.values()].map(host => host.destroy()));
    },
  };
}
