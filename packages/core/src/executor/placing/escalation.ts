import type { Requirements } from '@megalith/agent';
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
  /** What the job has cost so far, US dollars. */
  readonly spentUsd: () => number;
  /** Hears of each task that moves, with why, and what it is expected to cost. */
  readonly tell: (index: number, from: string, to: string, reason: string, usd: number) => void;
}

/** Finds the next place for tasks that ran out of memory, time or room: by the same policy, and within the same budget, as the job's first. */
export class Escalation {
  readonly #options: EscalationOptions;
  readonly #offers = new Map<string, { readonly at: number; readonly asked: Promise<Asked> }>();

  constructor(options: EscalationOptions) {
    this.#options = options;
  }

  readonly moveOf = async (task: FailedTask): Promise<Move> => {
    const { job, policy, plans, legs, tell } = this.#options;
    const tried = task.tried.map(leg => triedAt(leg));
    const climb: Climb = {
      failure: task.failure.code as OutgrownBy,
      tried,
      spentUsd: this.#options.spentUsd(),
      stepsLeft: defaultEscalations + 1 - tried.length,
      ...(task.peakMemoryBytes === undefined ? {} : { peakBytes: task.peakMemoryBytes }),
    };
    const asked = await this.#ask(climb, task);
    const rung = nextRung(climb, job, asked.candidates, policy);
    if (rung.candidate === undefined) return { refused: rung.reason };
    const { candidate, profile, estimate, reason } = rung;
    const from = task.tried.at(-1)!.place.id;
    const requirements = inClasses(rung.requirements, candidate.usableMemoryBytes);
    const plan: Plan = { ...asked.plan, chosen: candidate, reason, label: job.label, labelRule: job.labelRule };
    await plans.move(plan, task.input.index, from);
    tell(task.input.index, from, candidate.id, reason, estimate.usd);
    return { to: legs.leg(candidate, asked.backendOf(candidate), requirements, profile) };
  };

  #ask(climb: Climb, task: FailedTask): Promise<Asked> {
    const { job, backends, policy } = this.#options;
    const key = `${climb.failure} ${climb.tried.map(each => each.candidateId).join(' ')}`;
    const known = this.#offers.get(key);
    const at = performance.now();
    if (known !== undefined && at - known.at < offersGoodMs) return known.asked;
    const places = task.tried.map(({ place }) => place);
    const { requirements, profile } = lessonOf(climb, job, places);
    const { taskCount: _, ...rest } = job;
    const asked = askBackends({ ...rest, requirements, profile, taskCount: 1 }, backends, policy, true);
    this.#offers.set(key, { at, asked });
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
