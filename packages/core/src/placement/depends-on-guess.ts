import type { Candidate } from '../backends/backend.js';
import { plan } from './plan.js';
import type { PlannedJob } from './planned-job.js';
import type { Policy } from './policy.js';

/** How far off a guess of how long tasks take is taken to be, either way: from 2 s to half an hour around `guessedTaskMs`. */
const guessFactor = 30;

/**
 * Whether a job whose tasks nobody knows would go elsewhere if they were short than if they were long, so that measuring a few of them first is worth
 * while.
 */
export function dependsOnGuess(job: PlannedJob, candidates: readonly Candidate[], policy: Policy): boolean {
  const { profile } = job;
  if (profile.source !== 'guess') return false;
  const placeIf = (factor: number): string | undefined => {
    const { p50, p90 } = profile.taskMs;
    // What would be known then binds deadlines too.
    const known = { ...profile, source: 'probe', taskMs: { p50: p50 * factor, p90: p90 * factor } } as const;
    return plan({ ...job, profile: known }, candidates, policy).chosen?.id;
  };
  const isOneOfSeveral =
    plan(job, candidates, policy).candidates.filter(({ estimate }) => estimate !== undefined).length > 1;
  return isOneOfSeveral && placeIf(1 / guessFactor) !== placeIf(guessFactor);
}
