import { isMegalithError, type JobFolder, MegalithError, mayBeRunning, readJobFolder } from '@megalith/agent';
import { mirrorHome } from './job-copy.js';
import { type JobMoment, jobMoments } from './job-moments.js';
import type { MachineWay } from './machine-way.js';
import { mirrorJob } from './mirror-job.js';

/** A job, or a part of it, in the place that has it. */
export interface JobPart {
  readonly id: string;
  /** `here`, or the machine's name. */
  readonly where: string;
  /** This client's home. */
  readonly home: string;
  /** The machine that has the job; of a job in this client's own home, this machine where its agent runs the job, else undefined. */
  readonly way: MachineWay | undefined;
  /** False where the job's folder is in this client's own home. */
  readonly isAway: boolean;
  readonly kind: 'function' | 'command';
}

export interface PartReading {
  readonly follow: boolean;
  readonly signal?: AbortSignal;
  /** As `MirrorOptions`. */
  readonly patienceMs?: number;
  readonly onLost?: (error: Error, where: string) => void;
  /** Epoch milliseconds of this client's clock: logs that are certainly older are left out. */
  readonly since?: number;
}

const askDeadlineMs = 30_000;

/** The part's folder, as far as it is known here and now: for one that is away, its copy is brought up to date first. */
export async function bringPart(part: JobPart, signal?: AbortSignal): Promise<JobFolder> {
  const options = signal === undefined ? {} : { signal };
  if (part.isAway && part.way !== undefined) return await mirrorJob(part.way, part.id, { ...options, home: part.home });
  const job = await ownFolder(part);
  if (!needsAgent(job)) return job;
  await wake(part, signal);
  return await ownFolder(part);
}

/** What happened in the part so far; with `follow`, to its end. */
export async function* readPart(part: JobPart, reading: PartReading): AsyncGenerator<JobMoment[], void> {
  const { follow, signal } = reading;
  const since = reading.since === undefined ? undefined : reading.since + (await clockAhead(part, signal));
  const common = { ...(signal && { signal }), ...(since !== undefined && { since }) };
  if (!follow) yield* jobMoments(await bringPart(part, signal), common);
  else if (part.isAway) yield* followAway(part, reading, since);
  else {
    await bringPart(part, signal);
    yield* jobMoments(await ownFolder(part), { ...common, follow: () => goesOn(part, signal) });
  }
}

/** Reads the copy while it grows. */
async function* followAway(
  part: JobPart,
  { signal, patienceMs, onLost }: PartReading,
  since: number | undefined,
): AsyncGenerator<JobMoment[], void> {
  const reading = new AbortController();
  const leaving = new AbortController();
  const wanted = AbortSignal.any([leaving.signal, ...(signal === undefined ? [] : [signal])]);
  let isOver = false;
  let begin!: () => void;
  const begun = new Promise<void>(resolve => {
    begin = resolve;
  });
  const mirroring = mirrorJob(part.way!, part.id, {
    home: part.home,
    follow: true,
    signal: wanted,
    onBegun: begin,
    ...(patienceMs === undefined ? {} : { patienceMs }),
    ...(onLost === undefined ? {} : { onLost: error => onLost(error, part.where) }),
  });
  mirroring.then(
    () => {
      isOver = true;
    },
    error => reading.abort(error),
  );
  try {
    await Promise.race([begun, mirroring]);
    const job = await ownFolder({ id: part.id, home: mirrorHome(part.home, part.way!.id) });
    yield* jobMoments(job, {
      follow: () => !isOver,
      signal: reading.signal,
      ...(since === undefined ? {} : { since }),
    });
    // The summary comes after the journal's last entry.
    await mirroring;
  } finally {
    leaving.abort();
    await mirroring.catch(() => undefined);
  }
}

async function ownFolder({ home, id }: Pick<JobPart, 'home' | 'id'>): Promise<JobFolder> {
  const job = await readJobFolder(home, id);
  if (job !== undefined) return job;
  throw new MegalithError('NOT_FOUND', `job "${id}" was removed`, { hint: 'its results and logs are gone with it' });
}

/** Whether the job was left behind by an agent of this machine that was killed: the next one goes on with it. */
function needsAgent(job: Pick<JobFolder, 'description' | 'summary'>): boolean {
  return job.description.durable === true && job.summary === undefined && !mayBeRunning(job);
}

async function wake(part: JobPart, signal?: AbortSignal): Promise<void> {
  await part.way?.ask({ type: 'status' }, { deadlineMs: askDeadlineMs, signal });
}

/** Asked when the journal did not grow for a while. A job that was left behind goes on with the agent that is started for it. */
async function goesOn(part: JobPart, signal?: AbortSignal): Promise<boolean> {
  const job = await readJobFolder(part.home, part.id);
  if (job === undefined || !needsAgent(job)) return job !== undefined && mayBeRunning(job);
  await wake(part, signal);
  return !needsAgent(await ownFolder(part));
}

/** How much the machine's clock is ahead of ours, milliseconds; 0 where it can't be asked. */
async function clockAhead(part: JobPart, signal?: AbortSignal): Promise<number> {
  if (!part.isAway || part.way === undefined) return 0;
  try {
    const { status } = await part.way.ask({ type: 'status' }, { deadlineMs: askDeadlineMs, signal });
    return status.now - Date.now();
  } catch (error) {
    if (!isMegalithError(error)) throw error;
    return 0;
  }
}
