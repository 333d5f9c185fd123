import type { Requirements } from '@megalith/agent';
import { afterwards, type Goal } from '../../placement/goal.js';
import { type Climb, defaultEscalations, nextRung } from '../../placement/ladder.js';
import { lessonOf, type OutgrownBy, type TriedPlace } from '../../placement/lesson.js';
import type { Policy } from '../../placement/policy.js';
import type { Choosable } from '../backend-choice.js';
import type { LegPlan } from '../legs/leg.js';
import type { FailedTask, Move } from '../legs/move.js';
import type { Plan } from '../types.js';
import { type Asked, askBackends, type PlaceableJob } from './ask-backends.js';
import type { JobPlans } from './job-plans.js';
import type { LegPlans } from './leg-plans.js';

/** Offers are good for so long, milliseconds: many tasks may outgrow a place at once, and clouds are slow to ask. */
const offersGoodMs = 30_000;

export interface EscalationOptions {
  readonly job: PlaceableJob;
  readonly backends: readonly Choosable[];
  readonly policy: Policy;
  readonly plans: JobPlans;
  readonly legs: LegPlans;
  /** What the job has cost so far, US dollars, and how much of that where tasks were moved to. */
  readonly spent: () => { readonly usd: number; readonly movedUsd: number };
  /** The job's deadline counts from here, on the clock of `performance.now`. */
  readonly since: number;
  /** Hears of each task that moves, with why, and what it is expected to cost. */
  readonly tell: (index: number, from: string, to: string, reason: string, usd: number) => void;
}

/** Finds the next place for tasks that ran out of memory, time or room: by the same policy, and within the same budget, as the job's first. */
export class Escalation {
  readonly #options: EscalationOptions;
  readonly #offers = new Map<string, { readonly at: number; readonly asked: Promise<Asked> }>();
  /** What tasks are expected to cost where they were moved to, those that are still under way included. */
  #promisedUsd = 0;

  constructor(options: EscalationOptions) {
    this.#options = options;
  }

  readonly moveOf = async (task: FailedTask): Promise<Move> => {
    const { policy, plans, legs, tell } = this.#options;
    const job = { ...this.#options.job, goal: this.#goal };
    const tried = task.tried.map(leg => triedAt(leg));
    const climb: Climb = {
      failure: task.failure.code as OutgrownBy,
      tried,
      spentUsd: 0,
      stepsLeft: defaultEscalations + 1 - tried.length,
      ...(task.peakMemoryBytes === undefined ? {} : { peakBytes: task.peakMemoryBytes }),
    };
    // Clouds are not asked for what may not be used.
    const asked = climb.stepsLeft > 0 ? await this.#ask(climb, task) : undefined;
    // Not sooner: others may have been moved while the backends were asked.
    const rung = nextRung({ ...climb, spentUsd: this.#spentUsd }, job, asked?.candidates ?? [], policy);
    if (asked === undefined || rung.candidate === undefined) return { refused: rung.reason };
    const { candidate, profile, estimate, reason } = rung;
    this.#promisedUsd += estimate.usd;
    const from = task.tried.at(-1)!.place.id;
    const requirements = inClasses(rung.requirements, candidate.usableMemoryBytes);
    const plan: Plan = { ...asked.plan, chosen: candidate, reason, label: job.label, labelRule: job.labelRule };
    await plans.move(plan, task.input.index, from);
    tell(task.input.index, from, candidate.id, reason, estimate.usd);
    return { to: legs.leg(candidate, asked.backendOf(candidate), requirements, profile) };
  };

  /** As much as is spent, or will be: tasks that were moved cost nothing yet when the next one is looked at. */
  get #spentUsd(): number {
    const { usd, movedUsd } = this.#options.spent();
    return usd - movedUsd + Math.max(movedUsd, this.#promisedUsd);
  }

  /** What is left of it. */
  get #goal(): Goal {
    return afterwards(this.#options.job.goal, performance.now() - this.#options.since);
  }

  #ask(climb: Climb, task: FailedTask): Promise<Asked> {
    const { job, backends, policy } = this.#options;
    const places = task.tried.map(({ place }) => place);
    const lesson = lessonOf(climb, job, places);
    const requirements = inClasses(lesson.requirements, Number.POSITIVE_INFINITY);
    const key = [climb.failure, requirements.memoryBytes, ...places.map(({ id }) => id)].join(' ');
    const known = this.#offers.get(key);
    const at = performance.now();
    if (known !== undefined && at - known.at < offersGoodMs) return known.asked;
    const { taskCount: _, ...rest } = job;
    const wanted = { ...rest, requirements, profile: lesson.profile, taskCount: 1 };
    const asked = askBackends(wanted, backends, policy, true);
    this.#offers.set(key, { at, asked });
    asked.catch(() => this.#offers.delete(key));
    return asked;
  }
}

function triedAt({ place, requirements }: LegPlan): TriedPlace {
  const { memoryBytes = place.usableMemoryBytes, timeoutMs = Number.POSITIVE_INFINITY } = requirements;
  return {
    candidateId: place.id,
    memoryBytes: Math.min(memoryBytes, place.usableMemoryBytes),
    timeMs: Math.min(timeoutMs, place.limits?.timeMs ?? Number.POSITIVE_INFINITY),
  };
}

/** Tasks that want about the same share a place: in steps of a quarter of an octave. */
function inClasses(requirements: Requirements, mostBytes: number): Requirements {
  const { memoryBytes } = requirements;
  if (memoryBytes === undefined) return requirements;
  const rounded = Math.ceil(2 ** (Math.ceil(Math.log2(memoryBytes) * 4) / 4));
  return { ...requirements, memoryBytes: Math.min(Math.max(rounded, memoryBytes), mostBytes) };
}
