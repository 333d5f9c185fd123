import { MegalithError } from '@megalith/agent';
import type { Backend, Candidate, JobRequest } from '../../backends/backend.js';
import { plan, type PlannedJob } from '../../placement/plan.js';
import type { Policy } from '../../placement/policy.js';
import { canBeBeaten } from '../../placement/rank.js';
import type { Plan } from '../types.js';
import type { Choosable } from '../backend-choice.js';
import { absentCandidate } from './absent.js';

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
    const left = others.flatMap(({ kinds }) => kinds);
    // What stands in the way of the nearest place may be no matter of the place: then others may still do better.
    const isSettled = made.chosen !== undefined && !canBeBeaten(made.chosen, withoutOwn(left, first), job.goal);
    if (others.length === 0 || isSettled) return { plan: made, candidates: near, backendOf };
  }
  const far = await Promise.all(others.map(other => orAbsent(other, ask)));
  const candidates = [...near, ...far.flat()];
  return { plan: plan(job, candidates, policy), candidates, backendOf };
}

/** Another backend's way to the very same place is no better. */
function withoutOwn(kinds: Choosable['kinds'], { kinds: own }: Choosable): Choosable['kinds'] {
  return kinds.filter(kind => !own.includes(kind));
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
