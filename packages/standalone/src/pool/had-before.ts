import { setTimeout as delay } from 'node:timers/promises';
import { MegalithError, readJobFolder } from '@megalith/agent';
import { type BackendJob, requireClearance } from '@megalith/core';
import { askAgent } from '../backend/agent-request.js';
import type { PlacedJobs } from '../backend/placed-jobs.js';
import { mirrorHome } from '../jobs/job-copy.js';
import type { AgentRoute } from '../machine.js';
import type { Acquired, PoolDesk } from './acquire.js';
import { thisIntentClient } from './intent-client.js';

type Job = Pick<BackendJob, 'id' | 'label' | 'name'>;

/** A second apart. */
const mostLooks = 10;

/**
 * The machine that has a job of this id already, because this client brought it there before: what runs there, or has run, is not begun a second time.
 * @returns undefined where no machine that is still up has it
 * @throws MegalithError USAGE where the job has come to its end on a machine that is gone; POLICY where the job is above that machine by now; what the cloud and the
 * way to a machine say; CANCELLED
 */
export async function hadBefore(
  job: Job,
  placed: PlacedJobs,
  desk: PoolDesk,
  signal?: AbortSignal,
): Promise<Acquired | undefined> {
  const prefix = `${desk.cloud.name}:`;
  const ids = placed.machinesOf(job.id).filter(id => id.startsWith(prefix));
  if (ids.length === 0 || (await isUnfinished(job.id, desk))) return undefined;
  for (const id of ids.toReversed()) {
    const found = await stillThere(id.slice(prefix.length), job, desk, signal);
    if (found !== undefined) return found;
    if (await hasEnded(job.id, id, placed)) throw isOver(job.id, id.slice(prefix.length));
  }
  return undefined;
}

/** Its client died: `acquire` goes on with its intent. */
async function isUnfinished(job: string, { intents }: PoolDesk): Promise<boolean> {
  return (await intents.all()).intents.some(
    intent => intent.job === job && intent.closedAt === undefined && intent.releasedAt === undefined,
  );
}

async function stillThere(
  id: string,
  { id: job, label, name }: Job,
  desk: PoolDesk,
  signal: AbortSignal | undefined,
): Promise<Acquired | undefined> {
  const machine = await desk.cloud.find(id, signal);
  const host = machine?.state === 'running' ? await desk.hostOf(machine) : undefined;
  if (machine === undefined || host === undefined) return undefined;
  // It may have become more sensitive since.
  requireClearance(label, { name: id, clearance: machine.tags.label }, name);
  let route: AgentRoute | undefined;
  try {
    route = await host.reach({ start: true, ...(signal === undefined ? {} : { signal }) });
    const { jobs } = await askAgent(await route.open(signal), { type: 'jobs' });
    if (jobs.some(each => each.id === job)) {
      const { intent } = machine.tags;
      await desk.intents.takeLeft(intent, job, thisIntentClient(), signal);
      desk.tell?.(`${machine.type} in ${machine.zone} (${id}) has this job already`);
      return { machine, host, route, how: 'warm', intent };
    }
  } catch (error) {
    route?.close();
    if (!(await goesAway(id, desk, signal))) throw error;
    return undefined;
  }
  route.close();
  return undefined;
}

/** A machine that shuts down is `running` for some seconds more, and takes nothing any longer. */
async function goesAway(id: string, { cloud }: PoolDesk, signal: AbortSignal | undefined): Promise<boolean> {
  for (let look = 0; look < mostLooks; look++) {
    if ((await cloud.find(id, signal))?.state !== 'running') return true;
    await delay(1000, undefined, signal === undefined ? {} : { signal });
  }
  return false;
}

/** Whether this client has a whole copy of what the machine had of the job. */
async function hasEnded(job: string, machineId: string, placed: PlacedJobs): Promise<boolean> {
  return (await readJobFolder(mirrorHome(placed.home, machineId), job))?.summary !== undefined;
}

function isOver(job: string, machine: string): MegalithError {
  return new MegalithError('USAGE', `job "${job}" is over: it ran on ${machine}, which is gone`, {
    hint: `\`megalith jobs attach ${job}\` shows what it gave; to run it once more, give it another id`,
    details: { id: job, machine },
  });
}
