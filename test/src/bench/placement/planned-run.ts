import { isLower } from '@megalith/agent';
import {
  type Candidate,
  defaultEscalations,
  defaultPolicy,
  dependsOnGuess,
  type Goal,
  type JobProfile,
  nextRung,
  type PlannedJob,
  plan,
  unknownProfile,
} from '@megalith/core';
import { type CarriedOut, carryOut } from './carry-out.js';
import { quantile } from './history.js';
import { momentOf } from './oracle.js';
import { candidateOf, type Place } from './places.js';
import type { TrueJob } from './true-job.js';

/** What a job has taken where the planner put it. */
export interface PlannedRun {
  readonly usd: number;
  readonly ms: number;
  /** Tasks that died for want of memory, and ran again. */
  readonly outOfMemory: number;
  /** The planner saw no way to keep the deadline, and the job was asked for again without one. */
  readonly wasRefused: boolean;
  /** Where its tasks went that must not. */
  readonly violations: number;
  /** Tasks that nobody could place. */
  readonly lost: number;
  /** Kinds of places in turn. */
  readonly kinds: readonly string[];
}

/** Of an unknown function, so many tasks are measured before the others are placed. */
const probeTasks = 3;
/** A few tasks have not shown the most that others need. */
const probeMargin = 1.25;

/** Runs a job as the executor would: plan, probe where nothing is known, run, and climb where tasks have outgrown their place. */
export class JobOnItsWay {
  readonly #job: TrueJob;
  readonly #places: readonly Place[];
  readonly #byId: ReadonlyMap<string, Place>;
  #usd = 0;
  #ms = 0;
  #outOfMemory = 0;
  #violations = 0;
  #lost = 0;
  #wasRefused = false;
  readonly #kinds: string[] = [];
  /** The machine that the probe ran on is still up. */
  #warm: string | undefined;

  constructor(job: TrueJob, places: readonly Place[]) {
    this.#job = job;
    this.#places = places;
    this.#byId = new Map(places.map(place => [place.id, place]));
  }

  run(known: JobProfile | undefined): PlannedRun {
    let profile = known ?? unknownProfile;
    let tasks = this.#job.ms.map((_, index) => index);
    if (known === undefined && tasks.length > probeTasks && this.#isProbeWorthIt(tasks.length)) {
      const probed = tasks.slice(0, probeTasks);
      this.#place(probed, profile);
      const ms = probed.map(task => this.#job.ms[task]!);
      const peak = Math.max(...probed.map(task => this.#job.peakBytes[task]!));
      const taskMs = { p50: quantile(ms, 0.5), p90: Math.max(...ms) };
      profile = { taskMs, memoryBytes: Math.ceil(peak * probeMargin), source: 'probe' };
      tasks = tasks.slice(probeTasks);
    }
    this.#place(tasks, profile);
    return {
      usd: this.#usd,
      ms: this.#ms,
      outOfMemory: this.#outOfMemory,
      wasRefused: this.#wasRefused,
      violations: this.#violations,
      lost: this.#lost,
      kinds: this.#kinds,
    };
  }

  #isProbeWorthIt(count: number): boolean {
    const planned = this.#planned(count, unknownProfile);
    return dependsOnGuess(planned, this.#candidates(planned.requirements.memoryBytes), defaultPolicy);
  }

  #planned(taskCount: number, profile: JobProfile): PlannedJob {
    const { fn, label, deadlineMs, saidBytes } = this.#job;
    const goal: Goal = {
      objective: 'cost',
      ...(deadlineMs === undefined ? {} : { deadlineMs: deadlineMs - this.#ms }),
    };
    const memory = saidBytes === undefined ? {} : { memoryBytes: saidBytes };
    const requirements = { cpus: fn.cpus, graceMs: 0, ...memory };
    return { name: fn.name, label, labelRule: 'as the trace says', goal, profile, requirements, taskCount };
  }

  #candidates(memoryBytes: number | undefined): Candidate[] {
    const asked = { cpus: this.#job.fn.cpus, memoryBytes };
    return this.#places.map(place => {
      const moment = momentOf(this.#job, place);
      if (place.id !== this.#warm) return candidateOf(place, asked, moment);
      return candidateOf({ ...place, kind: 'warm', startMs: 0 }, asked, { ...moment, paidMs: moment.idleTailMs });
    });
  }

  #place(tasks: readonly number[], profile: JobProfile): void {
    const planned = this.#planned(tasks.length, profile);
    const memoryBytes = planned.requirements.memoryBytes ?? profile.memoryBytes;
    const candidates = this.#candidates(memoryBytes);
    let { chosen } = plan(planned, candidates, defaultPolicy);
    if (chosen === undefined) {
      this.#wasRefused = true;
      chosen = plan({ ...planned, goal: { objective: 'time' } }, candidates, defaultPolicy).chosen;
    }
    if (chosen === undefined) {
      this.#lost += tasks.length;
      return;
    }
    const limitBytes = memoryBytes ?? Math.floor(chosen.usableMemoryBytes / Math.min(chosen.slots, tasks.length));
    this.#runAt(chosen, tasks, limitBytes, planned, []);
  }

  #runAt(candidate: Candidate, tasks: readonly number[], limitBytes: number, planned: PlannedJob, tried: Tried): void {
    const place = this.#byId.get(candidate.id)!;
    if (isLower(candidate.site.clearance, this.#job.label)) this.#violations++;
    this.#kinds.push(candidate.kind);
    const done = carryOut(this.#job, tasks, { ...place, kind: candidate.kind }, { candidate, limitBytes });
    this.#usd += done.usd;
    this.#ms += done.ms;
    this.#warm = place.kind === 'new' ? place.id : undefined;
    this.#outOfMemory += done.outOfMemory.length;
    const memoryBytes = candidate.kind === 'function' ? candidate.usableMemoryBytes : limitBytes;
    const timeMs = candidate.limits?.timeMs ?? 0;
    const all = [...tried, { candidateId: candidate.id, memoryBytes, timeMs }];
    this.#climb('OUT_OF_MEMORY', done.outOfMemory, planned, all);
    this.#climb('TIMED_OUT', done.timedOut, planned, all);
  }

  #climb(
    failure: 'OUT_OF_MEMORY' | 'TIMED_OUT',
    tasks: CarriedOut['timedOut'],
    planned: PlannedJob,
    tried: Tried,
  ): void {
    if (tasks.length === 0) return;
    const most = Math.max(...tried.map(({ memoryBytes }) => memoryBytes));
    const candidates = this.#candidates(failure === 'OUT_OF_MEMORY' ? most * 1.5 : most);
    const stepsLeft = defaultEscalations + 1 - tried.length;
    const rung = nextRung(
      { failure, tried, spentUsd: this.#usd, stepsLeft, tasks: tasks.length },
      planned,
      candidates,
      defaultPolicy,
    );
    if (rung.candidate === undefined) {
      this.#lost += tasks.length;
      return;
    }
    const { requirements, profile } = rung;
    this.#runAt(rung.candidate, tasks, requirements.memoryBytes ?? most, { ...planned, requirements, profile }, tried);
  }
}

type Tried = readonly { readonly candidateId: string; readonly memoryBytes: number; readonly timeMs: number }[];
