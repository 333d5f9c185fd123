import type { Requirements } from '@megalith/agent';
import type { Candidate } from '../backends/backend.js';
import { formatDuration } from '../config/duration.js';
import { formatSize } from '../config/size.js';
import { formatUsd } from '../config/usd.js';
import type { Plan } from '../executor/types.js';
import type { Estimate } from './estimate.js';
import type { Goal } from './goal.js';
import type { JobProfile } from './job-profile.js';
import { isLarger, type Lesson, lessonOf, type Outgrown } from './lesson.js';
import { sureShare } from './memory-room.js';
import { plan } from './plan.js';
import type { PlannedJob } from './planned-job.js';
import type { Policy } from './policy.js';

/** So often a task may be moved to a larger place, unless a caller says otherwise. */
export const defaultEscalations = 4;

/** A task that has outgrown its place, and what may still be done for it. */
export interface Climb extends Outgrown {
  /** What the job has cost so far, US dollars; counts against its budget. */
  readonly spentUsd: number;
  /** So often it may still be moved. */
  readonly stepsLeft: number;
}

/** The next place for a task. */
export interface Rung {
  readonly candidate: Candidate;
  /** What the task may use there. */
  readonly requirements: Requirements;
  /** What is known of it by now. */
  readonly profile: JobProfile;
  readonly estimate: Estimate;
  /** One sentence: what was learned, and where it goes. */
  readonly reason: string;
}

/** Why there is no larger place: for the error of the task. */
export interface NoRung {
  readonly candidate: undefined;
  readonly reason: string;
  readonly hint?: string;
}

/**
 * Where a task goes that ran out of memory, of time, or of room for its result: the best place by the job's goal among those that give strictly more of
 * what was missing than any that it was tried in. The policy binds it as it did the job; what was spent is taken from the budget. A deadline is kept
 * where it can be, and else missed by as little as possible: a late result is better than none.
 *
 * A place that has twice what is expected may not exist; one that has only a little more is then tried in its stead.
 * @param candidates as backends offer them for `lessonOf` this failure, or, where that is dear, for the job
 */
export function nextRung(
  climb: Climb,
  job: PlannedJob,
  candidates: readonly Candidate[],
  policy: Policy,
): Rung | NoRung {
  const { failure, tried, spentUsd, stepsLeft, tasks = 1 } = climb;
  if (stepsLeft <= 0) {
    const times = tried.length === 2 ? 'once' : `${tried.length - 1} times`;
    return none(`it was moved to a larger place ${times}, which is all that is allowed`);
  }
  const { timeoutMs } = job.requirements;
  if (failure === 'TIMED_OUT' && timeoutMs !== undefined && tried.some(({ timeMs }) => timeMs >= timeoutMs)) {
    return none(`its own time limit is ${formatDuration(timeoutMs)}`, 'allow it more time with "timeout"');
  }
  const lesson = lessonOf(climb, job, candidates);
  const larger = candidates.filter(candidate => isLarger(candidate, lesson));
  if (larger.length === 0) return none(`no place gives more than ${hadInWords(lesson)}`);
  const again = { ...job, taskCount: tasks, goal: remaining(job.goal, spentUsd) };
  let refusal = '';
  for (const known of [lesson, barely(lesson)]) {
    const { requirements, profile } = known;
    const made = inTime({ ...again, requirements, profile }, larger, policy);
    const { chosen } = made;
    refusal = made.isPolicy === true ? made.reason : nearestInWords(made.candidates);
    if (chosen?.estimate === undefined) continue;
    const { usd, ms } = chosen.estimate;
    return {
      candidate: chosen,
      requirements: { ...requirements, ...memoryGiven(chosen, known, known !== lesson) },
      profile,
      estimate: chosen.estimate,
      reason: `${hadInWords(lesson)} was too little: it moves to ${chosen.id}, ${formatUsd(usd)} in about ${formatDuration(ms)}`,
    };
  }
  return none(`${hadInWords(lesson)} was too little, and ${refusal}`);
}

/** Of the places that give more, the one that came nearest. */
function nearestInWords([nearest, ...others]: readonly Candidate[]): string {
  const more = others.length === 0 ? '' : `, and ${others.length} more that give more are none either`;
  return `${nearest?.id} is none for it: ${nearest?.rejected?.explanation} (${nearest?.rejected?.reason})${more}`;
}

function none(reason: string, hint?: string): NoRung {
  return { candidate: undefined, reason, ...(hint === undefined ? {} : { hint }) };
}

function remaining({ budgetUsd, ...goal }: Goal, spentUsd: number): Goal {
  return budgetUsd === undefined ? goal : { ...goal, budgetUsd: Math.max(0, budgetUsd - spentUsd) };
}

/** The best place that meets the deadline, else the one that misses it least. */
function inTime(job: PlannedJob, candidates: readonly Candidate[], policy: Policy): Plan {
  const { deadlineMs, ...goal } = job.goal;
  const best = plan(job, candidates, policy);
  if (best.chosen !== undefined || deadlineMs === undefined) return best;
  return plan({ ...job, goal: { ...goal, objective: 'time' } }, candidates, policy);
}

/** What a task needs at least: a trifle more than it had. */
function barely({ requirements, profile, beyond }: Lesson): Lesson {
  const { memoryBytes, computeMs } = beyond;
  if (memoryBytes !== undefined) {
    const least = Math.floor(memoryBytes) + 1;
    return {
      requirements: { ...requirements, memoryBytes: least },
      profile: { ...profile, memoryBytes: least },
      beyond,
    };
  }
  if (computeMs === undefined) return { requirements, profile, beyond };
  return { requirements, profile: { ...profile, taskMs: { p50: computeMs, p90: computeMs } }, beyond };
}

/**
 * A function has all that it is paid for, and a machine that is made for one task nobody else to keep room for; elsewhere others wait. Where there is
 * little more to be had, the task has all of it, or it would climb by trifles.
 */
function memoryGiven({ kind, usableMemoryBytes }: Candidate, { requirements, beyond }: Lesson, isLittle: boolean) {
  const { memoryBytes: least } = requirements;
  if (beyond.memoryBytes === undefined || least === undefined) return {};
  if (kind === 'function' || isLittle) return { memoryBytes: usableMemoryBytes };
  return { memoryBytes: kind === 'new' ? Math.max(least, Math.floor(usableMemoryBytes * sureShare)) : least };
}

function hadInWords({ beyond: { memoryBytes, computeMs, payloadBytes = 0 } }: Lesson): string {
  if (memoryBytes !== undefined) return `${formatSize(memoryBytes)} of memory`;
  if (computeMs !== undefined) return formatDuration(computeMs);
  return Number.isFinite(payloadBytes) ? `a result of ${formatSize(payloadBytes)}` : 'room for any result';
}
