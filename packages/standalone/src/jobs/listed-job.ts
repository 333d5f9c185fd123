import type { JobDescription, JobSummary, MachineJob, RunningJob } from '@megalith/agent';
import type { JobCounts, JobListing, RecordedState } from '@megalith/core';

/** One line of a listing over machines. */
export interface ListedJob extends JobListing {
  /** `here`, or the names of the machines that have it. */
  readonly where: readonly string[];
  /** Its place in the line of those that wait for room, counted from 1. */
  readonly place?: number;
  /** What it waits for, where that is not room. */
  readonly waitsFor?: NonNullable<RunningJob['waitsFor']>;
}

/** A machine's job, as the machine tells of it. */
export function listedJob({ id, description, summary, running, isLost }: MachineJob, where: string): ListedJob {
  const { name, work, createdAt, tags } = description as JobDescription;
  const ended = summary as JobSummary | undefined;
  return {
    id,
    name,
    kind: work.kind,
    state: ended?.state ?? (isLost === true ? 'lost' : 'running'),
    createdAt,
    ...(ended === undefined ? {} : { endedAt: ended.endedAt }),
    counts: ended?.counts ?? countsOf(running),
    tags,
    where: [where],
    ...waiting(running),
  };
}

/** What a job that runs waits for. */
export function waiting(running: RunningJob | undefined): Pick<ListedJob, 'place' | 'waitsFor'> {
  const { place, waitsFor } = running ?? {};
  return { ...(place === undefined ? {} : { place }), ...(waitsFor === undefined ? {} : { waitsFor }) };
}

/** One line for each job: the parts of one that is spread over machines are told as one. */
export function joinedListings(parts: readonly ListedJob[]): ListedJob[] {
  const byId = new Map<string, ListedJob>();
  for (const part of parts) {
    const known = byId.get(part.id);
    byId.set(part.id, known === undefined ? part : joinedListing(known, part));
  }
  return [...byId.values()].sort(newestFirst);
}

function joinedListing(a: ListedJob, b: ListedJob): ListedJob {
  const state = joinedState(a.state, b.state);
  const { endedAt: _, ...first } = a;
  const ends = [a.endedAt, b.endedAt].filter(at => at !== undefined).sort();
  const sum = (of: (counts: JobCounts) => number): number => of(a.counts) + of(b.counts);
  return {
    ...first,
    state,
    createdAt: [a.createdAt, b.createdAt].sort()[0]!,
    ...(state === 'running' || ends.length === 0 ? {} : { endedAt: ends.at(-1)! }),
    counts: {
      total: sum(counts => counts.total),
      complete: a.counts.complete && b.counts.complete,
      done: sum(counts => counts.done),
      failed: sum(counts => counts.failed),
      cancelled: sum(counts => counts.cancelled),
      running: sum(counts => counts.running),
    },
    where: [...a.where, ...b.where],
  };
}

/** Of a job that went well as a whole, a part may be cancelled: its tasks were done elsewhere. */
const weights: readonly RecordedState[] = ['cancelled', 'done', 'lost', 'failed', 'running'];

function joinedState(a: RecordedState, b: RecordedState): RecordedState {
  return weights.indexOf(a) > weights.indexOf(b) ? a : b;
}

function countsOf(running: RunningJob | undefined): JobCounts {
  if (running === undefined) return { total: 0, complete: false, done: 0, failed: 0, cancelled: 0, running: 0 };
  const { settled, failed, total } = running;
  return {
    total: total ?? settled + running.running,
    complete: total !== undefined,
    done: settled - failed,
    failed,
    cancelled: 0,
    running: running.running,
  };
}

function newestFirst(a: ListedJob, b: ListedJob): number {
  if (a.createdAt !== b.createdAt) return a.createdAt < b.createdAt ? 1 : -1;
  return a.id < b.id ? 1 : -1;
}
