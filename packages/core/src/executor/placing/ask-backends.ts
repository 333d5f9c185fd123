import { MegalithError } from '@megalith/agent';
import type { Backend, Candidate, JobRequest } from '../../backends/backend.js';
import { type PlannedJob, plan } from '../../placement/plan.js';
import type { Policy } from '../../placement/policy.js';
import { canBeBeaten } from '../../placement/rank.js';
import type { Choosable } from '../backend-choice.js';
import type { Plan } from '../types.js';
import { absentCandidate } from './absent-candidate.js';

/** A job as backends and the planner see it. */
export type PlaceableJob = JobRequest & PlannedJob;

/** What the backends offered, and the plan that was made of it. */
export interface Asked {
  readonly plan: Plan;
  readonly candidates: readonly Candidate[];
  backendOf(candidate: Candidate): Backend;
}

/**
 * Asks backends for places and plans. The first is asked alone: where nothing that the others have could be better, nobody waits for them.
 * @param asksAll every backend is asked, whatever the first one has
 * @throws MegalithError what the only backend says; where there are several, one that can't say what it has stands rejected among the candidates
 */
export async function askBackends(
  job: PlaceableJob,
  backends: readonly Choosable[],
  policy: Policy,
  asksAll = false,
): Promise<Asked> {
  const opened = new Map<string, Backend>();
  const ask = async (choosable: Choosable): Promise<readonly Candidate[]> => {
    const backend = await choosable.open();
    opened.set(backend.name, backend);
    return await backend.offers(job);
  };
  const backendOf = ({ backend }: Candidate): Backend => {
    const found = opened.get(backend);
    if (found === undefined) throw new MegalithError('NOT_CONFIGURED', `nobody offers the backend "${backend}"`);
    return found;
  };
  const [first, ...others] = backends;
  if (first === undefined) return { plan: plan(job, [], policy), candidates: [], backendOf };
  const near = await (others.length === 0 ? ask(first) : orAbsent(first, ask));
  if (!asksAll || others.length === 0) {
    const made = plan(job, near, policy);
    // Another backend's way to this very machine is no better than the first one's.
    const left = others.flatMap(({ kinds }) => kinds).filter(kind => kind !== 'here');
    const isSettled = made.chosen !== undefined && !canBeBeaten(made.chosen, left, job.goal);
    if (others.length === 0 || isSettled) return { plan: made, candidates: near, backendOf };
  }
  const far = await Promise.all(others.map(other => orAbsent(other, ask)));
  const candidates = [...near, ...far.flat()];
  return { plan: plan(job, candidates, policy), candidates, backendOf };
}

async function orAbsent(
  choosable: Choosable,
  ask: (choosable: Choosable) => Promise<readonly Candidate[]>,
): Promise<readonly Candidate[]> {
  try {
    return await ask(choosable);
  } catch (error) {
    return [absentCandidate(choosable.name, choosable.kinds.at(-1)!, error)];
  }
}
