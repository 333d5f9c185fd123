import type { Ec2Simulator, SimulatedInstance } from '../../ec2/ec2-simulator.js';
import type { BootedHost } from '../../ec2/hosts/start-instance-hosts.js';
import { texts } from '../../ec2/wire/params.js';
import type { CloudFault } from './cloud-faults.js';
import { type EndedBy, endedBy } from './ended-by.js';
import { isLeased } from './host-steps.js';

/** What is seen of a run's machines, whoever does what to them. */
export interface MachineWatch {
  /** The most that were alive at a time, without those that the cloud takes back. */
  readonly mostAtOnce: number;
  /** Machines whose end somebody asked for although they were leased, before their time was over. */
  readonly healthyKilled: ReadonlySet<string>;
  /** A sweep has ended it. */
  sweptFor(machine: string, because: string): void;
  /** A host has ended by itself. */
  wentOff(machine: string): void;
  endOf(machine: SimulatedInstance): EndedBy | undefined;
  close(): void;
}

export interface WatchedSite {
  readonly ec2: Ec2Simulator;
  readonly fault: CloudFault;
  readonly hostOf: (machine: string) => BootedHost | undefined;
  /** How long after its launch a machine's own timer ends it, milliseconds. @defaultValue nothing else on it could */
  readonly timerMs?: number;
}

/** Between two looks, milliseconds; each request of the API is a look too, before it is acted on. */
const lookEveryMs = 25;

export function isAlive({ state }: SimulatedInstance): boolean {
  return state !== 'terminated' && state !== 'shutting-down';
}

/** Watches from now on, and strikes with what the fault has for later. */
export function watchMachines({ ec2, fault, hostOf, timerMs = 0 }: WatchedSite): MachineWatch {
  const healthyKilled = new Set<string>();
  const swept = new Map<string, string>();
  const due = new Set<string>();
  const seenAt = new Map<string, number>();
  let takenBack: string | undefined;
  let mostAtOnce = 0;
  const look = (): void => {
    const living = ec2.instances().filter(isAlive);
    for (const { id } of living) if (!seenAt.has(id)) seenAt.set(id, Date.now());
    mostAtOnce = Math.max(mostAtOnce, living.filter(({ id }) => id !== takenBack).length);
    const running = living.find(({ state }) => state === 'running');
    if (fault.later === undefined || takenBack !== undefined || running === undefined) return;
    takenBack = running.id;
    fault.later(ec2, running.id);
  };
  const judgeEnd = (machine: SimulatedInstance | undefined): void => {
    const host = machine && hostOf(machine.id)?.machine;
    if (host === undefined || machine?.state !== 'running' || endsAt(machine) <= Date.now()) return;
    if (isLeased(host)) healthyKilled.add(machine.id);
  };
  ec2.faults.add({
    action: '*',
    kind: 'request-lost',
    when: params => {
      look();
      if (/^(Terminate|Stop)Instances$/.test(String(params.Action))) {
        for (const id of texts(params, 'InstanceId')) judgeEnd(ec2.instance(id));
      }
      return false;
    },
  });
  const looking = setInterval(look, lookEveryMs);
  return {
    get mostAtOnce() {
      return mostAtOnce;
    },
    healthyKilled,
    sweptFor: (machine, because) => void swept.set(machine, because),
    wentOff(machine) {
      // A guest sleeps in whole seconds, and begins to after it was launched.
      if (Date.now() - (seenAt.get(machine) ?? 0) >= timerMs) due.add(machine);
    },
    endOf: machine => endedBy(machine, { sweptFor: swept.get(machine.id), wasDue: due.has(machine.id) }),
    close: () => clearInterval(looking),
  };
}

function endsAt({ tags }: SimulatedInstance): number {
  return Date.parse(tags['megalith:expires'] ?? '') || Number.POSITIVE_INFINITY;
}
