import type { Requirements } from '@megalith/agent';
import type { Candidate } from '../../backends/backend.js';
import type { Policy } from '../../placement/policy.js';
import { type SplitPart, splitPlan } from '../../placement/split.js';
import type { Choosable } from '../backend-choice.js';
import type { LegsOptions } from '../legs/legs-run.js';
import type { Plan } from '../types.js';
import { type Asked, askBackends, type PlaceableJob } from './ask-backends.js';
import type { LegPlans } from './leg-plans.js';
import { type MemoryClasses, memoryClasses } from './memory-classes.js';
import type { JobToPlace } from './place-job.js';

/** A job of tasks that need different amounts, and where each goes. */
export interface SplitJob {
  readonly asked: Asked;
  legs(plans: LegPlans): Pick<LegsOptions, 'legs' | 'routeOf'>;
}

/**
 * Places the classes of tasks that a job's `memory` function makes: each where it is best, or all together.
 * @throws MegalithError USAGE where it can't be told what each needs
 */
export async function splitJob(
  { items, settings }: JobToPlace,
  job: PlaceableJob,
  backends: readonly Choosable[],
  policy: Policy,
): Promise<SplitJob> {
  const { classes, classOf } = memoryClasses(items, settings.memoryOf!);
  const groups = classes.map(({ memoryBytes, count }) => ({
    ...job,
    requirements: { ...job.requirements, memoryBytes },
    profile: { ...job.profile, memoryBytes },
    taskCount: count,
  }));
  const all = await Promise.all(groups.map(group => askBackends(group, backends, policy, true)));
  const [largest = await askBackends(job, backends, policy)] = all.toReversed();
  const taskGroups = groups.map((group, at) => ({ job: group, candidates: all[at]!.candidates }));
  const { parts, reason } = splitPlan(taskGroups, policy, job.goal);
  if (parts.length === 0) {
    const nowhere = all.map(({ plan: made }) => made).find(made => made.chosen === undefined);
    return {
      asked: { ...largest, plan: nowhere ?? { ...largest.plan, chosen: undefined, reason } },
      legs: () => ({ legs: [] }),
    };
  }
  const shares = parts.map(part => ({ ...part, tasks: part.groups.reduce((sum, at) => sum + classes[at]!.count, 0) }));
  const asked = { ...largest, plan: joined(largest.plan, shares, reason) };
  return { asked, legs: plans => legsOf(plans, shares, asked, groups, { classes, classOf }) };
}

type Share = SplitPart & { readonly tasks: number };

/** The plan of the largest tasks, with all parts in it. The place with most tasks is the chosen one. */
function joined(made: Plan, shares: readonly Share[], reason: string): Plan {
  const [main] = shares.toSorted((a, b) => b.tasks - a.tasks);
  const chosen: Candidate = { ...main!.candidate, estimate: main!.estimate };
  const others = made.candidates.filter(({ id }) => id !== chosen.id);
  const parts = shares.map(({ candidate, tasks, estimate }) => ({ candidate, tasks, estimate }));
  return { ...made, chosen, candidates: [chosen, ...others], reason, ...(parts.length > 1 ? { parts } : {}) };
}

function legsOf(
  plans: LegPlans,
  shares: readonly Share[],
  asked: Asked,
  groups: readonly PlaceableJob[],
  { classes, classOf }: MemoryClasses,
): Pick<LegsOptions, 'legs' | 'routeOf'> {
  const keys = new Map<number, string>();
  const legs = shares.flatMap(({ groups: own, candidate }) => {
    // A machine that is there admits each task by what it needs itself; one that is made is made for the largest.
    const isThere = candidate.kind === 'here' || candidate.kind === 'host';
    return (isThere ? own.map(at => [at]) : [own]).map(together => {
      const largest = groups[Math.max(...together)]!;
      const count = together.reduce((sum, at) => sum + classes[at]!.count, 0);
      const requirements: Requirements = largest.requirements;
      const leg = plans.leg(candidate, asked.backendOf(candidate), requirements, largest.profile, count);
      for (const at of together) keys.set(at, leg.key);
      return leg;
    });
  });
  return { legs, routeOf: ({ index }) => keys.get(classOf(index))! };
}
