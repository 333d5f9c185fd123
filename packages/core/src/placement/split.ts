import type { Candidate, ReasonCode } from '../backends/backend.js';
import { formatDuration } from '../config/duration.js';
import { formatUsd } from '../config/usd.js';
import { type Estimate, estimateFor } from './estimate.js';
import type { Goal } from './goal.js';
import { plan } from './plan.js';
import { assumedTaskCount, type PlannedJob } from './planned-job.js';
import type { Policy } from './policy.js';
import { countsAsSame } from './rank.js';
import { type Workload, workloadOf } from './workload.js';

/** Tasks of one job that need the same, with the places that backends offer for them. A place has the same id in each group's offers. */
export interface TaskGroup {
  /** With the group's own requirements, profile and number of tasks. */
  readonly job: PlannedJob;
  readonly candidates: readonly Candidate[];
}

/** What goes to one place. */
export interface SplitPart {
  /** Which of the groups, by index. */
  readonly groups: readonly number[];
  readonly candidate: Candidate;
  /** Of all of them together: the place starts once. */
  readonly estimate: Estimate;
}

export interface SplitPlan {
  /** Empty where there is no way to place every group. */
  readonly parts: readonly SplitPart[];
  /** Of the whole: its parts run at once. */
  readonly estimate: Estimate | undefined;
  /** One sentence. */
  readonly reason: string;
}

/** So many places of each group are tried against those of the others. */
const mostTried = 6;
/** So often a better place for one group is looked for while the others stay. */
const mostRounds = 4;

/** A group as the search sees it. */
interface Choices {
  readonly workload: Workload;
  /** All that could take it, the best for it alone first. */
  readonly places: ReadonlyMap<string, Candidate>;
}

/** A place for each group, and what that takes. */
interface Priced {
  readonly places: readonly string[];
  readonly parts: readonly SplitPart[];
  readonly estimate: Estimate;
}

/**
 * Places tasks that need different amounts: each group where it is best alone, or all in one place that has room for the largest, or what lies between
 * and is better. Places run at once; groups in one place one after another, and its start and idle tail are paid once. More places are taken only
 * where that is worth more than a hundredth.
 *
 * The search starts from each of these and moves one group at a time; it is bounded, and no worse than the best of what it starts from.
 */
export function splitPlan(groups: readonly TaskGroup[], policy: Policy, goal: Goal): SplitPlan {
  const choices: Choices[] = [];
  for (const { job, candidates } of groups) {
    const alone = plan({ ...job, goal }, candidates, policy);
    if (alone.chosen === undefined) return nowhere(alone.reason);
    const possible = alone.candidates.filter(({ rejected }) => rejected === undefined || lost.has(rejected.reason));
    choices.push({ workload: workloadOf(job), places: new Map(possible.map(each => [each.id, each])) });
  }
  const [first] = choices;
  if (first === undefined) return nowhere('there are no tasks');
  const whole = [...first.places.keys()].filter(id => choices.every(({ places }) => places.has(id)));
  const alone = choices.map(({ places }) => [...places.keys()][0]!);
  let best: Priced | undefined;
  for (const places of [...whole.map(id => choices.map(() => id)), alone]) {
    const found = priced(places, choices);
    if (isBetter(found, best, goal)) best = found;
  }
  best = improved(best!, choices, goal);
  const { slowMs, slowUsd } = best.estimate;
  return missedBy(best.estimate, goal) === 0
    ? { parts: best.parts, estimate: best.estimate, reason: inWords(best, groups) }
    : nowhere(`its parts together take up to ${formatDuration(slowMs)} and ${formatUsd(slowUsd)}, more than they may`);
}

/** Reasons of candidates that could take a group. */
const lost: ReadonlySet<ReasonCode> = new Set(['DEARER', 'SLOWER', 'TIED']);

function nowhere(reason: string): SplitPlan {
  return { parts: [], estimate: undefined, reason };
}

/** Moves one group at a time to one of its best places, or to where others are already, while that helps. */
function improved(start: Priced, choices: readonly Choices[], goal: Goal): Priced {
  let best = start;
  for (let round = 0; round < mostRounds; round++) {
    const before = best;
    for (const [group, { places }] of choices.entries()) {
      const tried = new Set([...[...places.keys()].slice(0, mostTried), ...best.places.filter(id => places.has(id))]);
      for (const id of tried) {
        const moved = priced(best.places.with(group, id), choices);
        if (isBetter(moved, best, goal)) best = moved;
      }
    }
    if (best === before) break;
  }
  return best;
}

function priced(places: readonly string[], choices: readonly Choices[]): Priced {
  const parts = [...new Set(places)].map(id => partAt(id, places, choices));
  const sum = (of: (estimate: Estimate) => number): number =>
    parts.reduce((total, part) => total + of(part.estimate), 0);
  const most = (of: (estimate: Estimate) => number): number => Math.max(...parts.map(part => of(part.estimate)));
  const estimate = {
    ms: most(({ ms }) => ms),
    usd: sum(({ usd }) => usd),
    slowMs: most(({ slowMs }) => slowMs),
    slowUsd: sum(({ slowUsd }) => slowUsd),
  };
  return { places, parts, estimate };
}

function partAt(id: string, places: readonly string[], choices: readonly Choices[]): SplitPart {
  const groups = [...places.keys()].filter(group => places[group] === id);
  const offers = groups.map(group => choices[group]!.places.get(id)!);
  // A backend may offer more of the same for one group than for another.
  const candidate = offers.reduce((one, other) => (other.usdPerHour > one.usdPerHour ? other : one));
  const shares = groups.map((group, nth) => ({ workload: choices[group]!.workload, slots: offers[nth]!.slots }));
  return { groups, candidate, estimate: estimateFor(shares, candidate) };
}

/** How far deadline and budget are missed, as the sum of the shares by which they are. */
function missedBy({ slowMs, slowUsd }: Estimate, { deadlineMs, budgetUsd }: Goal): number {
  const late = deadlineMs === undefined ? 0 : Math.max(0, slowMs / deadlineMs - 1);
  const dear = budgetUsd === undefined ? 0 : Math.max(0, slowUsd / budgetUsd - 1);
  return late + dear;
}

function isBetter(one: Priced, other: Priced | undefined, goal: Goal): boolean {
  if (other === undefined) return true;
  const [missed, otherMissed] = [missedBy(one.estimate, goal), missedBy(other.estimate, goal)];
  if (missed !== otherMissed) return missed < otherMissed;
  const [first, second] = goal.objective === 'cost' ? (['usd', 'ms'] as const) : (['ms', 'usd'] as const);
  const worth = one.parts.length > other.parts.length ? 1 - countsAsSame : 1;
  if (one.estimate[first] !== other.estimate[first]) return one.estimate[first] < other.estimate[first] * worth;
  return one.parts.length === other.parts.length && one.estimate[second] < other.estimate[second];
}

function inWords({ parts, estimate }: Priced, groups: readonly TaskGroup[]): string {
  const total = `${formatUsd(estimate.usd)} in about ${formatDuration(estimate.ms)}`;
  const [only, ...others] = parts;
  if (only !== undefined && others.length === 0) return `all at ${only.candidate.id}: ${total}`;
  const told = parts.map(part => {
    const tasks = part.groups.reduce((count, group) => count + (groups[group]!.job.taskCount ?? assumedTaskCount), 0);
    return `${tasks} tasks at ${part.candidate.id}`;
  });
  return `${told.join(', ')}: ${total}`;
}
