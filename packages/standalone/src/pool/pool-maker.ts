import { isMegalithError, type Label, type MegalithError } from '@megalith/agent';
import type { BackendJob, Candidate, JobRequest, ReasonCode, Site } from '@megalith/core';
import type { MachineMaker } from '../backend/machine-maker.js';
import type { PlacedJobs } from '../backend/placed-jobs.js';
import type { AgentRoute, Machine } from '../machine.js';
import type { PoolDesk } from './acquire.js';
import type { CloudMachine } from './cloud-machine.js';
import { withFewerTasks } from './fewer-tasks.js';
import { hadBefore } from './had-before.js';
import type { IntentStore } from './intent-store.js';
import { jobLeaves } from './keeping.js';
import { machineToBe } from './machine-to-be.js';
import type { MachineRequirements } from './offer.js';
import { choiceText } from './offer-text.js';
import { sharesOf, unsaidMemoryBytes } from './shares.js';

/** Errors of a cloud that say that it has no such machine, whenever it is asked. */
const rejections: ReadonlyMap<string, ReasonCode> = new Map([
  ['OVER_MEMORY', 'OVER_MEMORY'],
  ['OVER_CPUS', 'OVER_CPUS'],
  ['OVER_BUDGET', 'OVER_BUDGET'],
  ['NO_PLACEMENT', 'OVER_DISK'],
]);

export interface PoolMakerOptions {
  readonly desk: PoolDesk;
  readonly intents: IntentStore;
  readonly placed: PlacedJobs;
  readonly clearance: Label;
  /** Tasks of a job at once. More than one machine has room for are shared among several. @defaultValue as many as it has, within one machine */
  readonly slots?: number;
}

/** A pool as the maker of machines for jobs: each job gets one machine, or several of one size, with room for as many of its tasks as are worth it. */
export function createPoolMaker({ desk, intents, placed, clearance, slots }: PoolMakerOptions): MachineMaker {
  /** Ids of the machines that jobs have had, by job. */
  const hadBy = new Map<string, string[]>();
  /** The intents of machines that were made for jobs. */
  const intentOf = new WeakMap<Machine, { readonly id: string; readonly job: string }>();
  /** Machines that jobs have now, and the way to each while it is open. */
  const having = new WeakMap<Machine, { readonly machine: CloudMachine; readonly since: number; route?: AgentRoute }>();
  const shares = (job: JobRequest & Pick<BackendJob, 'detached'>): number[] => sharesOf(job, slots);
  const site = siteOf(desk.cloud, clearance);
  return {
    site,
    async offer(job, signal) {
      const each = shares(job);
      const found = await orRejected(desk.cloud, clearance, () =>
        withFewerTasks(each[0]!, async some => {
          return { offers: await desk.cloud.offers(sizeFor(job, some), signal), tasks: some };
        }),
      );
      if ('rejected' in found) return found;
      const { offers, tasks } = found;
      const { shape, usableMemoryBytes, usdPerHour } = offers[0]!;
      const { cpus, memoryBytes = unsaidMemoryBytes } = job.requirements;
      const many = each.length > 1 ? `${each.length} × ` : '';
      const most = Math.min(Math.floor(shape.cpus / cpus), Math.floor(usableMemoryBytes / memoryBytes));
      const candidate: Candidate = {
        backend: 'standalone',
        id: `${desk.cloud.name} new`,
        kind: 'new',
        site,
        billing: {
          per: 'hour',
          usdPerHour: usdPerHour * each.length,
          minimumMs: 60_000,
          startMs: 90_000,
          idleTailMs: 0,
        },
        startMs: 90_000,
        description: `a machine of ${desk.cloud.name} ${desk.cloud.region}: ${many}${choiceText(offers)}`,
        cpus: shape.cpus,
        usableMemoryBytes,
        slots: each.length > 1 ? each.reduce((sum, own) => sum + Math.min(own, tasks), 0) : Math.max(1, most),
        usdPerHour: usdPerHour * each.length,
      };
      return candidate;
    },
    sharesOf: shares,
    machineFor(job: BackendJob, tasks: number) {
      const { tell = desk.tell } = job;
      const its = tell === undefined ? desk : { ...desk, tell };
      // The parts of a job that is shared out are tasks of this client's, wherever they were before.
      const mayBeThere = !hadBy.has(job.id) && shares(job).length === 1;
      const machine: Machine = machineToBe(job, {
        desk: its,
        ...(mayBeThere ? { hadBefore: signal => hadBefore(job, placed, its, signal) } : {}),
        wanted: { tasks, of: some => ({ job: job.id, requirements: sizeFor(job, some), label: job.label }) },
        clearance,
        usdPerHour: 0,
        onAcquired: acquired => {
          having.set(machine, { machine: acquired.machine, since: desk.now() });
          const ids = [...(hadBy.get(job.id) ?? []), `${desk.cloud.name}:${acquired.machine.id}`];
          hadBy.set(job.id, ids);
          placed.add(
            job,
            ids.map(id => ({ id })),
          );
          if (acquired.intent !== undefined) intentOf.set(machine, { id: acquired.intent, job: job.id });
        },
        onRoute: route => {
          const had = having.get(machine);
          if (had === undefined) return;
          had.route = route;
          void route.closed.then(() => {
            if (had.route === route) delete had.route;
          });
        },
      });
      return machine;
    },
    async leaving(machine) {
      const had = having.get(machine);
      // One that nobody has a way to may be dead: its shutdown stays its end.
      if (had?.route === undefined) return;
      having.delete(machine);
      await jobLeaves(had.machine, had.route, desk.now() - had.since, desk);
    },
    async left(machine) {
      const intent = intentOf.get(machine);
      if (intent !== undefined) await intents.release(intent.id, intent.job, desk.now());
    },
    async over(job) {
      hadBy.delete(job.id);
      const { intents: all } = await intents.all();
      const open = all.filter(intent => intent.job === job.id && intent.closedAt === undefined);
      for (const { id } of open) await intents.release(id, job.id, desk.now());
    },
  };
}

/** What is asked of the cloud, or a candidate without anything to offer where that is more than it has. */
async function orRejected<T extends object>(
  cloud: Pick<PoolDesk['cloud'], 'name' | 'region'>,
  clearance: Label,
  ask: () => Promise<T>,
): Promise<T | (Candidate & Required<Pick<Candidate, 'rejected'>>)> {
  try {
    return await ask();
  } catch (error) {
    const reason = isMegalithError(error) ? rejections.get(error.code) : undefined;
    if (reason === undefined) throw error;
    const { message, hint } = error as MegalithError;
    return {
      backend: 'standalone',
      id: `${cloud.name} new`,
      kind: 'new',
      site: siteOf(cloud, clearance),
      billing: { per: 'nothing' },
      startMs: 0,
      description: `a machine of ${cloud.name} ${cloud.region}`,
      cpus: 0,
      usableMemoryBytes: 0,
      slots: 0,
      usdPerHour: 0,
      rejected: { reason, explanation: message, ...(hint === undefined ? {} : { hint }) },
    };
  }
}

function siteOf({ name, region }: Pick<PoolDesk['cloud'], 'name' | 'region'>, clearance: Label): Site {
  return { name: `${name} ${region}`, kind: 'cloud', region, clearance };
}

/** What some of a job's tasks ask of one machine, all at once. */
function sizeFor({ requirements }: JobRequest, tasks: number): MachineRequirements {
  const { cpus, memoryBytes = unsaidMemoryBytes } = requirements;
  return { cpus: cpus * tasks, memoryBytes: memoryBytes * tasks };
}
