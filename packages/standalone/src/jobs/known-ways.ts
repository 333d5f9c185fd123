import {
  isMegalithError,
  type JobDescription,
  type JobFolder,
  type MachineJob,
  MegalithError,
  readJobFolder,
  readJobFolders,
} from '@megalith/agent';
import { mirrorHome } from './job-copy.js';
import type { JobPart } from './job-part.js';
import type { MachineWay, Unreachable } from './machine-way.js';
import { unreachable } from './machine-way.js';

export interface AskingOptions {
  readonly signal?: AbortSignal | undefined;
  /** For each machine, all at once, milliseconds. @defaultValue 5 s for a listing, 30 s for a search */
  readonly deadlineMs?: number | undefined;
}

/** What machines said of their jobs. */
export interface Answers {
  readonly answers: readonly { readonly way: MachineWay; readonly jobs: readonly MachineJob[] }[];
  readonly unreachable: readonly Unreachable[];
}

/**
 * Asks machines for their jobs, all at once.
 * @param mayStart whether an agent is started where none runs; without one such a machine has no jobs. @defaultValue always
 * @throws what is no failure of a machine; with a signal, its reason
 */
export async function askForJobs(
  ways: readonly MachineWay[],
  { signal, deadlineMs }: { readonly signal?: AbortSignal | undefined; readonly deadlineMs: number },
  mayStart: (way: MachineWay) => boolean = () => true,
): Promise<Answers> {
  const answers: { way: MachineWay; jobs: readonly MachineJob[] }[] = [];
  const silent: Unreachable[] = [];
  await Promise.all(
    ways.map(async way => {
      const start = mayStart(way);
      try {
        const { jobs } = await way.ask({ type: 'jobs' }, { deadlineMs, signal, start });
        answers.push({ way, jobs });
      } catch (error) {
        signal?.throwIfAborted();
        if (!start && isMegalithError(error) && error.code === 'NOT_FOUND') answers.push({ way, jobs: [] });
        else silent.push(unreachable(way.name, error));
      }
    }),
  );
  return { answers, unreachable: silent };
}

/** Parts of a job, and the machines that may have more of it. */
export interface Parts {
  readonly parts: readonly JobPart[];
  readonly unreachable: readonly Unreachable[];
}

/** The parts of a job that is known to have gone to certain machines. One that is over and was copied is asked for no more. */
export async function partsOnMachines(
  id: string,
  machineIds: readonly string[],
  ways: readonly MachineWay[],
  home: string,
  options: { readonly signal?: AbortSignal | undefined; readonly deadlineMs: number },
): Promise<Parts> {
  const parts: JobPart[] = [];
  const missing: Unreachable[] = [];
  const toAsk: MachineWay[] = [];
  for (const machineId of machineIds) {
    const way = ways.find(each => each.id === machineId);
    const copy = await wholeCopy(home, machineId, id);
    if (copy !== undefined) parts.push(way === undefined ? copyOf(copy, machineId) : partOn(way, copy, home));
    else if (way === undefined) missing.push(notConfigured(machineId));
    else toAsk.push(way);
  }
  const { answers, unreachable: silent } = await askForJobs(toAsk, options);
  for (const { way, jobs } of answers) {
    const job = jobs.find(each => each.id === id);
    if (job !== undefined) parts.push(partOn(way, job, home));
  }
  return { parts, unreachable: [...missing, ...silent] };
}

export function partOn(way: MachineWay, job: Pick<MachineJob, 'id' | 'description'>, home: string): JobPart {
  const { kind } = (job.description as JobDescription).work;
  return { id: job.id, where: way.name, home, way, isAway: true, kind };
}

/** Jobs of a machine that are over and were copied whole. */
export async function wholeCopies(home: string, machineId: string): Promise<readonly JobFolder[]> {
  const { jobs } = await readJobFolders(mirrorHome(home, machineId));
  return jobs.filter(job => job.summary !== undefined);
}

async function wholeCopy(home: string, machineId: string, id: string): Promise<JobFolder | undefined> {
  const copy = await readJobFolder(mirrorHome(home, machineId), id);
  return copy?.summary === undefined ? undefined : copy;
}

/** What is left of a job whose machine is not in the inventory any more. */
function copyOf({ id, home, description }: JobFolder, machineId: string): JobPart {
  return { id, where: nameIn(machineId), home, way: undefined, isAway: false, kind: description.work.kind };
}

function notConfigured(machineId: string): Unreachable {
  const machine = nameIn(machineId);
  const error = machineId.startsWith('ssh:')
    ? new MegalithError('NOT_CONFIGURED', `"${machine}" is not in the inventory`, {
        hint: `add it again: megalith hosts add USER@ADDRESS --name ${machine}; or work in the folder of its project`,
      })
    : new MegalithError('NOT_FOUND', `"${machine}" was made on demand and is gone, with what jobs left there`, {
        hint: 'let a client wait for the job, or fetch its results in time',
      });
  return { machine, error };
}

function nameIn(machineId: string): string {
  return machineId.slice(machineId.indexOf(':') + 1);
}
