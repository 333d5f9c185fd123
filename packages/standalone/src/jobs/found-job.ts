import { isMegalithError, jobFilesFolder, MegalithError, readJobFolder, removeJobFolder } from '@megalith/agent';
import {
  cancelJob,
  type FileOutput,
  fetchFiles,
  type JobReport,
  labelFetched,
  type RecordedResult,
  removeJob,
  reportOf,
} from '@megalith/core';
import { openFiles } from '../backend/agent-request.js';
import type { PlacedJobs } from '../backend/placed-jobs.js';
import { mirrorHome } from './job-copy.js';
import type { JobMoment } from './job-moments.js';
import { bringPart, type JobPart, type PartReading, readPart } from './job-part.js';
import { JointStanding } from './joint-standing.js';
import type { Unreachable } from './machine-way.js';
import { merged } from './merged.js';

const askDeadlineMs = 30_000;

/** What is known of a job, and where it is. */
export interface FoundReport extends JobReport {
  /** `here`, or names of machines. */
  readonly where: readonly string[];
}

/** One job, wherever it is: in this client's own home, on a machine, or spread over several. */
export class FoundJob {
  readonly id: string;
  readonly parts: readonly JobPart[];
  /** Machines that may have a part of it and could not be asked. */
  readonly unreachable: readonly Unreachable[];
  readonly #placed: PlacedJobs;

  constructor(parts: readonly JobPart[], unreachable: readonly Unreachable[], placed: PlacedJobs) {
    this.id = parts[0]!.id;
    this.parts = parts;
    this.unreachable = unreachable;
    this.#placed = placed;
  }

  get where(): readonly string[] {
    return this.parts.map(part => part.where);
  }

  get kind(): 'function' | 'command' {
    return this.parts[0]!.kind;
  }

  /** Outputs that the job was begun with by this client; they were not fetched where it was left before its end. */
  get outputs(): readonly FileOutput[] {
    return this.#placed.outputsOf(this.id);
  }

  /** How it stands now. @throws MegalithError CONTACT_LOST, JOURNAL_FAILED */
  async report(signal?: AbortSignal): Promise<FoundReport> {
    const reports = await Promise.all(this.parts.map(async part => reportOf(await bringPart(part, signal))));
    const { where } = this;
    const [first, ...others] = reports;
    if (others.length === 0) return { ...first!, where };
    const standing = new JointStanding();
    for await (const moments of this.moments({ follow: false, ...(signal && { signal }) })) {
      for (const moment of moments) addTo(standing, moment);
    }
    return { ...joined(reports, standing), where };
  }

  /** What happened in it, part by part in the order of each; with `follow`, to its end. */
  moments(reading: PartReading): AsyncGenerator<JobMoment[], void> {
    return merged(this.parts.map(part => readPart(part, reading)));
  }

  /** Waits until it is over, and tells how it stands then. @throws MegalithError CONTACT_LOST; with a signal, its reason */
  async ended(reading: Omit<PartReading, 'follow'> = {}): Promise<FoundReport> {
    for await (const _ of this.moments({ ...reading, follow: true }));
    return await this.report(reading.signal);
  }

  /**
   * How its tasks ended so far: first those that are done, as they come, then the others by index.
   * @throws MegalithError CONTACT_LOST, JOURNAL_FAILED
   */
  async *results(signal?: AbortSignal): AsyncGenerator<RecordedResult, void> {
    const standing = new JointStanding();
    const failed = new Map<number, RecordedResult>();
    for await (const moments of this.moments({ follow: false, ...(signal && { signal }) })) {
      for (const moment of moments) {
        if (moment.type === 'done') {
          if (standing.isDone(moment.index)) continue;
          failed.delete(moment.index);
          yield moment.result();
        } else if (moment.type === 'started') failed.delete(moment.index);
        else if (moment.type === 'failed' && !standing.isDone(moment.index) && !moment.retrying) {
          const isWorse = moment.failure.code !== 'CANCELLED' || !failed.has(moment.index);
          if (isWorse) failed.set(moment.index, moment.result());
        }
        addTo(standing, moment);
      }
    }
    yield* [...failed.values()].sort((a, b) => a.index - b.index);
  }

  /** Asks for its end, wherever it can be reached. @returns whether there was anything to end @throws MegalithError CONTACT_LOST */
  async cancel(reason: string): Promise<boolean> {
    const { state } = await this.report();
    if (state !== 'running') return false;
    await Promise.all(
      this.parts.map(({ way, isAway, id, home }) =>
        isAway && way !== undefined
          ? way.ask({ type: 'cancelJob', id, reason }, { deadlineMs: askDeadlineMs })
          : cancelJob(id, { home, reason }),
      ),
    );
    return true;
  }

  /**
   * Removes all that is kept of it, wherever it can be reached, and the copies here.
   * @throws MegalithError USAGE while it runs; CONTACT_LOST
   */
  async remove(): Promise<void> {
    for (const { way, isAway, id, home } of this.parts) {
      if (!isAway || way === undefined) await removeJob(id, { home });
      else {
        await way.ask({ type: 'removeJob', id }, { deadlineMs: askDeadlineMs });
        await removeJobFolder(mirrorHome(home, way.id), id);
      }
    }
    if (this.unreachable.length === 0) this.#placed.forget(this.id);
  }

  /**
   * Fetches files out of the job's folder, from each machine that has a part of it. They carry the label of the job.
   * @throws MegalithError NOT_FOUND where none has them; USAGE for a job that has no folder
   */
  async fetch(outputs: readonly FileOutput[], signal?: AbortSignal): Promise<void> {
    await this.#label(outputs, signal);
    const [only, ...others] = this.parts;
    if (only !== undefined && others.length === 0) {
      await fetchFrom(only, outputs, signal);
      return;
    }
    for (const output of outputs) {
      const missing: unknown[] = [];
      for (const part of this.parts) {
        try {
          await fetchFrom(part, [output], signal);
        } catch (error) {
          if (!isMegalithError(error) || error.code !== 'NOT_FOUND') throw error;
          missing.push(error);
        }
      }
      if (missing.length === this.parts.length) throw missing[0];
    }
  }

  async #label(outputs: readonly FileOutput[], signal?: AbortSignal): Promise<void> {
    const folders = await Promise.all(this.parts.map(part => bringPart(part, signal)));
    const dests = outputs.map(({ dest }) => dest);
    for (const { description } of folders) {
      const { label, name } = description;
      if (label !== undefined) await labelFetched(dests, label, `job "${name}" (${this.id})`, this.#placed.home);
    }
  }
}

export function addTo(standing: JointStanding, moment: JobMoment): void {
  if (moment.type === 'started') standing.started(moment.index);
  else if (moment.type === 'done') standing.done(moment.index);
  else if (moment.type === 'failed') standing.failed(moment.index, moment.attempt, moment.failure);
}

/** One report of a job whose parts are on several machines. */
function joined(reports: readonly JobReport[], standing: JointStanding): JobReport {
  const isRunning = reports.some(({ state }) => state === 'running');
  const isLost = reports.some(({ state }) => state === 'lost');
  if (!isRunning) standing.end();
  const { endedAt: _, durations: __, peakMemoryBytes: ___, failure: ____, ...first } = reports[0]!;
  const { counts } = standing;
  const over = counts.failed > 0 ? 'failed' : counts.cancelled > 0 ? 'cancelled' : isLost ? 'lost' : 'done';
  const ends = reports.flatMap(({ endedAt }) => endedAt ?? []).sort();
  const durations = reports.flatMap(report => report.durations ?? []);
  const peaks = reports.flatMap(report => report.peakMemoryBytes ?? []);
  const failure = reports.find(report => report.failure !== undefined)?.failure;
  return {
    ...first,
    state: isRunning ? 'running' : failure !== undefined ? 'failed' : over,
    createdAt: reports.map(({ createdAt }) => createdAt).sort()[0]!,
    ...(isRunning || ends.length === 0 ? {} : { endedAt: ends.at(-1)! }),
    counts: { ...counts, complete: !isRunning && reports.every(report => report.counts.complete) },
    hostname: reports.map(({ hostname }) => hostname).join(', '),
    failures: standing.failures,
    ...(failure && { failure }),
    ...(durations.length === 0 ? {} : { durations: summed(durations) }),
    ...(peaks.length === 0 ? {} : { peakMemoryBytes: Math.max(...peaks) }),
  };
}

function summed(durations: readonly NonNullable<JobReport['durations']>[]): NonNullable<JobReport['durations']> {
  return {
    spanMs: Math.max(...durations.map(({ spanMs }) => spanMs)),
    execMs: durations.reduce((sum, { execMs }) => sum + execMs, 0),
    cpuMs: durations.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
  };
}

async function fetchFrom(
  { way, id, home, isAway }: JobPart,
  outputs: readonly FileOutput[],
  signal: AbortSignal | undefined,
): Promise<void> {
  // What this machine's agent runs without files has no folder of its own.
  const ownCwd = isAway ? undefined : (await readJobFolder(home, id))?.description.cwd;
  if (way === undefined || (ownCwd !== undefined && ownCwd !== jobFilesFolder(home, id))) throw noFolder(id, ownCwd);
  const stream = await openFiles(await way.open(signal), id);
  try {
    await fetchFiles(stream, outputs, signal === undefined ? {} : { signal });
  } finally {
    stream.destroy();
  }
}

function noFolder(id: string, cwd: string | undefined): MegalithError {
  return new MegalithError('USAGE', `job "${id}" has no folder of its own`, {
    hint: cwd === undefined ? 'its machine is not in the inventory any more' : `it ran in "${cwd}" on this machine`,
  });
}
