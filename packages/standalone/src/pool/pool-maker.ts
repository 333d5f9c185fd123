import type { Label } from '@megalith/agent';
import type { MachineMaker } from '../backend/machine-maker.js';
import type { PlacedJobs } from '../backend/placed-jobs.js';
import type { AgentRoute, Machine } from '../machine.js';
import type { Acquired, PoolDesk } from './acquire.js';
import type { CloudMachine } from './cloud-machine.js';
import { hadBefore } from './had-before.js';
import type { IntentStore } from './intent-store.js';
import { JobSpend } from './job-spend.js';
import { jobLeaves } from './keeping.js';
import { machineToBe } from './machine-to-be.js';
import { readPlaceId } from './place-id.js';
import { poolCandidates } from './pool-candidates.js';
import { sharesOf, sizeFor } from './shares.js';

export interface PoolMakerOptions {
  readonly desk: PoolDesk;
  readonly intents: IntentStore;
  readonly placed: PlacedJobs;
  readonly clearance: Label;
  /** Tasks of a job at once. More than one machine has room for are shared among several. @defaultValue as many as it has, within one machine */
  readonly slots?: number;
}

/** A pool as the maker of machines for jobs: each job gets one machine, or several of one size, with room for as many of its tasks as its place says. */
export function createPoolMaker({ desk, intents, placed, clearance, slots }: PoolMakerOptions): MachineMaker {
  /** Ids of the machines that jobs have had, by job. */
  const hadBy = new Map<string, string[]>();
  /** What jobs have been given. */
  const given = new WeakMap<
    Machine,
    { readonly job: string; readonly id: string; readonly intent: string | undefined }
  >();
  /** Machines that jobs have now, and the way to each while it is open. */
  const having = new WeakMap<Machine, { readonly machine: CloudMachine; readonly since: number; route?: AgentRoute }>();
  const spend = new JobSpend();
  const { name, region } = desk.cloud;
  const site = { name: `${name} ${region}`, kind: 'cloud', region, clearance } as const;
  const count = async (job: string, { machine, how }: Acquired, { tell }: PoolDesk): Promise<void> => {
    const isStarted = how !== 'warm';
    const since = isStarted ? machine.launchedAt : desk.now();
    try {
      const usdPerHour = (await desk.shapeOf(machine))?.usdPerHour;
      if (usdPerHour !== undefined) spend.came(job, machine.id, { usdPerHour, since, isStarted });
    } catch (error) {
      tell?.(`what ${machine.id} costs is not known: ${(error as Error).message}`);
    }
  };
  return {
    site,
    offers: (job, asks) => poolCandidates(job, { desk, site, slots, asks }),
    sharesOf,
    machineFor(job, tasks, place) {
      const { tell = desk.tell } = job;
      const its = tell === undefined ? desk : { ...desk, tell };
      // The parts of a job that is shared out are tasks of this client's, wherever they were before.
      const mayBeThere = !hadBy.has(job.id) && sharesOf(job, place).length === 1;
      const planned = readPlaceId(place.id);
      const machine: Machine = machineToBe(job, {
        desk: its,
        ...(mayBeThere ? { hadBefore: signal => hadBefore(job, placed, its, signal) } : {}),
        wanted: {
          tasks,
          of: some => ({
            job: job.id,
            requirements: sizeFor(job, some),
            label: job.label,
            ...(planned === undefined || planned.how === 'new' ? {} : { planned: planned.machine }),
          }),
        },
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
          const { id } = acquired.machine;
          given.set(machine, { job: job.id, id, intent: acquired.intent });
          void count(job.id, acquired, its);
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
    costUsd: job => spend.of(job.id, desk.now()),
    async leaving(machine) {
      const had = having.get(machine);
      // One that nobody has a way to may be dead: its shutdown stays its end.
      if (had?.route === undefined) return;
      having.delete(machine);
      await jobLeaves(had.machine, had.route, desk.now() - had.since, desk);
    },
    async left(machine) {
      const its = given.get(machine);
      if (its === undefined) return;
      spend.left(its.job, its.id, desk.now());
      if (its.intent !== undefined) await intents.release(its.intent, its.job, desk.now());
    },
    async over(job) {
      hadBy.delete(job.id);
      spend.forget(job.id);
      const { intents: all } = await intents.all();
      const open = all.filter(intent => intent.job === job.id && intent.closedAt === undefined);
      for (const { id } of open) await intents.release(id, job.id, desk.now());
    },
  };
}
