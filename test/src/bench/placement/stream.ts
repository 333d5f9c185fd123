import { type Candidate, defaultPolicy, memoryRoomBytes, type PlannedJob, plan } from '@megalith/core';
import { carryOut } from './carry-out.js';
import type { History } from './history.js';
import { candidateOf, type Place } from './places.js';
import type { TrueJob } from './true-job.js';

/** A job after a gap in which nothing ran. */
export interface Arrival {
  readonly job: TrueJob;
  readonly gapMs: number;
}

/** What is done with a machine when its job is over: so long it stays, milliseconds. */
export type TailRule = (place: Place) => number;

/** Which place takes a job, of those that it could have: machines that are up are `warm`. */
export type StreamRule = (job: TrueJob, offers: readonly Offer[]) => Offer;

export interface Offer {
  readonly place: Place;
  readonly candidate: Candidate;
  readonly limitBytes: number;
}

/** So long it takes to hand a job to a machine that is up. */
const warmStartMs = 1000;

/** What a whole stream costs, one job after another: machines are billed from their launch until they have gone, functions for what they compute. */
export function runStream(
  arrivals: readonly Arrival[],
  places: readonly Place[],
  { choose, tailMs, history }: { choose: StreamRule; tailMs: TailRule; history: History | undefined },
): number {
  let usd = 0;
  let nowMs = 0;
  /** Until when each machine that is up stays; up to then it is paid for. */
  const upUntil = new Map<Place, number>();
  for (const { job, gapMs } of arrivals) {
    nowMs += gapMs;
    for (const [place, untilMs] of upUntil) if (untilMs < nowMs) upUntil.delete(place);
    const needBytes = history?.profileOf(job.fn)?.memoryBytes ?? Math.max(...job.peakBytes);
    const offers = places
      .filter(place => place.memoryBytes >= needBytes)
      .map(place => offerOf(place, job, needBytes, tailMs(place), (upUntil.get(place) ?? 0) - nowMs));
    const { place, candidate, limitBytes } = choose(job, offers);
    const all = job.ms.map((_, index) => index);
    const done = carryOut(
      job,
      all,
      { ...place, kind: candidate.kind },
      { candidate, limitBytes: Math.max(limitBytes, ...job.peakBytes) },
    );
    usd += done.usd;
    nowMs += done.ms;
    if (place.kind === 'new') upUntil.set(place, Math.max(nowMs + tailMs(place), upUntil.get(place) ?? 0));
    history?.add(job);
  }
  return usd;
}

function offerOf(place: Place, job: TrueJob, memoryBytes: number, idleTailMs: number, leftMs: number): Offer {
  const asked = { cpus: job.fn.cpus, memoryBytes };
  const isWarm = place.kind === 'new' && leftMs > 0;
  const candidate = isWarm
    ? candidateOf({ ...place, kind: 'warm', startMs: warmStartMs }, asked, { idleTailMs, paidMs: leftMs })
    : candidateOf(place, asked, { idleTailMs });
  return { place, candidate, limitBytes: memoryBytes };
}

/** As Megalith places: by what earlier runs took. */
export function byPlan(history: History): StreamRule {
  return (job, offers) => {
    const profile = history.profileOf(job.fn)!;
    const planned: PlannedJob = {
      name: job.fn.name,
      label: 'internal',
      labelRule: 'as the trace says',
      goal: { objective: 'cost' },
      profile,
      requirements: { cpus: job.fn.cpus, graceMs: 0 },
      taskCount: job.ms.length,
    };
    const { chosen } = plan(
      planned,
      offers.map(({ candidate }) => candidate),
      defaultPolicy,
    );
    const offer = offers.find(({ candidate }) => candidate.id === chosen?.id) ?? offers[0]!;
    return { ...offer, limitBytes: memoryRoomBytes(offer.candidate, planned) ?? offer.limitBytes };
  };
}

/** What a job costs on an offer, with all that is billed until the machine would go. */
export function trueUsd(job: TrueJob, { place, candidate, limitBytes }: Offer): number {
  const all = job.ms.map((_, index) => index);
  return carryOut(job, all, { ...place, kind: candidate.kind }, { candidate, limitBytes }).usd;
}
