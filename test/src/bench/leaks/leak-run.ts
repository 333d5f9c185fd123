import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { SimulatedInstance } from '../../ec2/ec2-simulator.js';
import type { BootFaults } from '../../ec2/hosts/boot-faults.js';
import type { BootedHost, StartedInstanceHosts } from '../../ec2/hosts/start-instance-hosts.js';
import type { BootSpec, InstanceHosts } from '../../ec2/instance-hosts.js';
import { startEc2 } from '../../ec2/start-ec2.js';
import type { CloudFault } from './cloud-faults.js';
import { type Counted, folderOn, type KillPoint, killAt, linesOf, makeRecordFolders } from './kill-points.js';
import { acquireAndLeave, type OpenPool, poolAt, sweepDelayMs, sweepOnce } from './pool-here.js';
import { silentHosts } from './silent-hosts.js';
import { startClient } from './start-client.js';

/** One death of one client, and what comes after. */
export interface LeakRun {
  /** Undefined: nobody is killed. */
  readonly point?: KillPoint;
  readonly fault: CloudFault;
  /** Whether another client asks for the same job after the death. */
  readonly returns: boolean;
  /** Real machines; undefined where a client never gets so far as to log in. */
  readonly hosts?: StartedInstanceHosts;
  /** For homes, and for what jobs say: machines share it. */
  readonly folder: string;
  /** A home of an earlier client of the simulated account. */
  readonly name: string;
}

export type EndedBy = `sweep: ${string}` | 'client' | 'machine';

export interface LeakFigures {
  readonly counted: Counted;
  /** False where the client had ended before it came to the point. */
  readonly wasKilled: boolean;
  readonly machines: number;
  readonly alive: number;
  readonly duplicates: number;
  readonly healthyKilled: number;
  readonly lost: number;
  /** How often the job ran beyond what its fault excuses. */
  readonly repeated: number;
  readonly endedBy: readonly EndedBy[];
  /** What was not as it should be, in words. */
  readonly remarks: readonly string[];
}

const lifetimeMs = { silent: 20_000, real: 425_000 };
/** How long the guests of real machines take for what they call a minute, so that their own timer ends them after half a minute, milliseconds. */
export const guestMinuteMs = 5_000;

export async function leakRun(run: LeakRun): Promise<LeakFigures> {
  const { fault, folder, name, point } = run;
  const home = join(folder, name);
  const tally = join(folder, `${name}.tally`);
  const job = `leak-${name}`;
  mkdirSync(home, { mode: 0o700 });
  makeRecordFolders(home);
  const offByItself = new Set<string>();
  const booted = new Map<string, BootedHost>();
  const ec2 = await startEc2({ hosts: hostsFor(run, booted, offByItself) });
  const remarks: string[] = [];
  let mostAtOnce = 0;
  const endings = new Map<string, EndedBy>();
  const isAlive = ({ state }: SimulatedInstance): boolean => state !== 'terminated' && state !== 'shutting-down';
  const looking = setInterval(() => {
    const all = ec2.instances();
    mostAtOnce = Math.max(mostAtOnce, all.filter(isAlive).length);
  }, 25);
  let pool: OpenPool | undefined;
  let healthyKilled = 0;
  let lost = 0;
  try {
    const lifetime = run.hosts === undefined ? lifetimeMs.silent : lifetimeMs.real;
    const ec2Section = {
      region: ec2.region,
      endpoint: ec2.endpoint,
      owner: 'ann',
      admit: '127.0.0.1/32',
      idle: '10s',
      user: 'ec2-user',
      types: ['r6i.*'],
      maxLifetime: `${lifetime / 1000}s`,
      ...(run.hosts === undefined ? { port: 9 } : {}),
      ...(fault.market === undefined ? {} : { markets: [fault.market, 'on-demand'] }),
    };
    writeFileSync(join(home, 'megalith.yaml'), JSON.stringify({ ec2: ec2Section }));
    for (const one of fault.faults ?? []) ec2.faults.add(one);
    const task = { id: job, home, tally, tookSeconds: 0.4 };
    const startedAt = Date.now();

    const client = startClient(task);
    let interrupted = false;
    const watchedMachines = setInterval(() => {
      const [first] = ec2.instances();
      if (interrupted || first?.state !== 'running') return;
      interrupted = true;
      fault.later?.(ec2, first.id);
    }, 20);
    const counted = killAt(point, {
      ec2,
      home,
      tally,
      job,
      client,
      hostOf: id => booted.get(id),
    });
    const isWaiting = run.hosts === undefined || fault.expects === 'none';
    if (isWaiting) {
      // It would wait for a machine that never answers.
      const giveUp = setTimeout(() => client.kill(), point === undefined ? 6000 : 12_000);
      await client.end(20_000);
      clearTimeout(giveUp);
    } else await client.end(60_000);
    const wasKilled = counted.struck;
    const saidFirst = client.said();

    pool = await poolAt(home);
    const openPool = pool;
    let second: ReturnType<typeof startClient> | undefined;
    if (run.returns && point !== undefined && run.hosts !== undefined && fault.expects !== 'none')
      second = startClient(task);
    const holdsLease = (id: string): boolean => {
      const host = booted.get(id)?.machine;
      if (host === undefined || second === undefined || second.hasEnded) return false;
      const folder = folderOn(host);
      return folder !== undefined && linesOf(join(folder, 'lease.json')).join('').includes('"holder"');
    };
    const sweep = async (): Promise<void> => {
      const before = new Map(ec2.instances().map(({ id }) => [id, holdsLease(id)]));
      const { deeds } = await sweepOnce(openPool);
      for (const deed of deeds) {
        if (!('verdict' in deed) || !('machine' in deed.verdict)) continue;
        const { verdict } = deed;
        if (deed.outcome !== 'done' || verdict.action !== 'terminate') continue;
        endings.set(verdict.machine, `sweep: ${verdict.because}`);
        if (verdict.reason !== 'expired' && before.get(verdict.machine) === true) {
          healthyKilled++;
          remarks.push(`a sweep killed ${verdict.machine}, which was leased: ${verdict.because}`);
        }
      }
    };

    if (run.returns && point !== undefined && run.hosts === undefined) {
      try {
        const given = await acquireAndLeave(openPool, job);
        const known = ec2.instances();
        if (given !== 'nothing') endings.set(given, 'client');
        if (!known.some(({ id }) => id === given)) remarks.push(`the next client was given ${given}`);
      } catch (error) {
        remarks.push(`the next client failed: ${(error as Error).message}`);
        lost++;
      }
    }
    if (second !== undefined) {
      const until = Date.now() + 60_000;
      while (!second.hasEnded && Date.now() < until) {
        await sweep();
        await delay(2 * sweepDelayMs);
      }
      if (!second.hasEnded) {
        second.kill();
        remarks.push('the next client had nothing after 60 s');
        lost++;
      } else if (!second.said().includes('done 0') && fault.expects === undefined) {
        remarks.push(`the next client said: ${second.said().trim()}`);
        lost++;
      } else if (fault.expects === 'told' && !second.said().includes('failed')) {
        remarks.push(`the next client said: ${second.said().trim()}`);
        lost++;
      }
    } else if (point === undefined && run.hosts !== undefined && fault.expects === undefined) {
      if (!saidFirst.includes('done 0')) remarks.push(`the client said: ${saidFirst.trim()}`);
    }
    const overAt = startedAt + lifetime + 45_000;
    const pauseMs = run.hosts === undefined ? sweepDelayMs : 4 * sweepDelayMs;
    while (ec2.instances().some(isAlive) && Date.now() < overAt) {
      await sweep();
      await delay(pauseMs);
    }
    await sweep();
    await delay(sweepDelayMs);
    await sweep();
    const machines = ec2.instances();
    const alive = machines.filter(({ state }) => state !== 'terminated');
    for (const { id, state } of alive) remarks.push(`${id} is ${state}`);
    const began = linesOf(tally).filter(line => line === 'began').length;
    const excused = fault.later === undefined ? 1 : 3;
    if (began > excused) remarks.push(`the job ran ${began} times on ${machines.length} machines`);
    clearInterval(watchedMachines);
    return {
      counted,
      wasKilled,
      machines: machines.length,
      alive: alive.length,
      duplicates: Math.max(0, mostAtOnce - 1),
      healthyKilled,
      lost,
      repeated: Math.max(0, began - excused),
      endedBy: machines.map(({ id, stateReason = '' }) => {
        return endings.get(id) ?? (/User ?Initiated/i.test(stateReason) && !offByItself.has(id) ? 'client' : 'machine');
      }),
      remarks,
    };
  } finally {
    clearInterval(looking);
    pool?.close();
    await ec2.close();
    rmSync(home, { recursive: true, force: true });
    rmSync(tally, { force: true });
  }
}

const bootFaults = new WeakMap<BootSpec, BootFaults>();

/** What real machines are to be started with: the fault of the run that boots them. */
export function bootFaultsOf(spec: BootSpec): BootFaults {
  return bootFaults.get(spec) ?? {};
}

/** Real machines are shared by many runs, and end with each; silent ones belong to their run. */
function hostsFor(run: LeakRun, booted: Map<string, BootedHost>, offByItself: Set<string>): InstanceHosts {
  const { hosts } = run;
  if (hosts === undefined) return silentHosts(id => offByItself.add(id));
  return {
    async boot(spec: BootSpec) {
      if (run.fault.boot !== undefined) bootFaults.set(spec, run.fault.boot);
      const host = await hosts.boot(spec);
      booted.set(spec.instanceId, host);
      host.off.then(
        () => offByItself.add(spec.instanceId),
        () => undefined,
      );
      return host;
    },
    async close() {
      await Promise.all([...booted.values()].map(host => host.destroy()));
    },
  };
}
