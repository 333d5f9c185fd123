import type { Label } from '@megalith/agent';
import { type BackendJob, type Candidate, formatSize, type JobRequest } from '@megalith/core';
import type { MachineMaker } from '../backend/machine-maker.js';
import type { PlacedJobs } from '../backend/placed-jobs.js';
import type { PoolDesk } from './acquire.js';
import type { IntentStore } from './intent-store.js';
import { machineToBe } from './machine-to-be.js';
import type { MachineRequirements } from './offer.js';

export interface PoolMakerOptions {
  readonly desk: PoolDesk;
  readonly intents: IntentStore;
  readonly placed: PlacedJobs;
  readonly clearance: Label;
  /** Tasks of a job at once. @defaultValue as many as it has, within `widest` */
  readonly slots?: number;
}

/** Memory of a task that does not say what it needs: 1 GiB. */
const unsaidMemoryBytes = 2 ** 30;
/** A map without a number of slots gets a machine of up to so many cpus: what one current machine of a common family has. */
const widest = 128;

/** A pool as the maker of machines for jobs: each job gets one machine, with room for as many of its tasks as are worth it. */
export function createPoolMaker({ desk, intents, placed, clearance, slots }: PoolMakerOptions): MachineMaker {
  const sizeFor = (job: JobRequest): MachineRequirements => machineFor(job, slots);
  return {
    async offer(job, signal) {
      const [best] = await desk.cloud.offers(sizeFor(job), signal);
      const { shape, usableMemoryBytes, usdPerHour } = best!;
      const { cpus, memoryBytes = unsaidMemoryBytes } = job.requirements;
      const candidate: Candidate = {
        backend: 'standalone',
        description: `${shape.type} of ${desk.cloud.name} ${desk.cloud.region}, ${shape.cpus} cpus, ${formatSize(usableMemoryBytes)} usable`,
        cpus: shape.cpus,
        usableMemoryBytes,
        slots: Math.max(1, Math.min(Math.floor(shape.cpus / cpus), Math.floor(usableMemoryBytes / memoryBytes))),
        usdPerHour,
      };
      return candidate;
    },
    machineFor(job: BackendJob) {
      // What a machine may hold is what its site is cleared for: until policy says more, each job counts as that.
      const wanted = { job: job.id, requirements: sizeFor(job), label: clearance };
      return machineToBe(job, {
        desk,
        wanted,
        clearance,
        usdPerHour: 0,
        onAcquired: ({ machine }) => placed.add(job, [{ id: `${desk.cloud.name}:${machine.id}` }]),
      });
    },
    async over(job) {
      const { intents: all } = await intents.all();
      const open = all.filter(intent => intent.job === job.id && intent.closedAt === undefined);
      for (const { id } of open) await intents.close(id, desk.now());
    },
  };
}

/** What a job asks of one machine: room for its tasks at once, as far as a machine can have it. */
function machineFor({ requirements, taskCount }: JobRequest, slots: number | undefined): MachineRequirements {
  const { cpus, memoryBytes = unsaidMemoryBytes } = requirements;
  const most = Math.max(1, Math.floor(widest / cpus));
  const atOnce = Math.max(1, Math.min(taskCount ?? most, slots ?? most, most));
  return { cpus: cpus * atOnce, memoryBytes: memoryBytes * atOnce };
}
