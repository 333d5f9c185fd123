import { labels } from '@megalith/agent';
import { expect, it } from 'vitest';
import type { Candidate } from '../backends/backend.js';
import { nextRung } from './ladder.js';
import type { OutgrownBy, TriedPlace } from './lesson.js';
import { plan } from './plan.js';
import type { PlannedJob } from './planned-job.js';
import type { Policy } from './policy.js';
import { splitPlan } from './split.js';
import { randomCandidate, randomJob, randomPolicy } from './testing/random-jobs.js';
import { type Seeded, seeded } from './testing/seeded.js';

const decisions = 1_000_000;
const failures: readonly OutgrownBy[] = ['OUT_OF_MEMORY', 'TIMED_OUT', 'OVER_PAYLOAD'];

/** Written anew, so that it can't share a mistake with what it judges. */
function mayGo({ label }: PlannedJob, { site }: Candidate, policy: Policy): boolean {
  const level = labels.indexOf(label);
  if (labels.indexOf(site.clearance) < level) return false;
  if (site.kind === 'here' && labels.indexOf(policy.hereClearance) < level) return false;
  const lists = labels.filter((each, index) => index <= level && policy.regions[each] !== undefined);
  const nearest = lists.at(-1);
  if (nearest === undefined || site.kind !== 'cloud') return true;
  return site.region !== undefined && policy.regions[nearest]!.includes(site.region);
}

function someOf(all: readonly Candidate[], random: Seeded): Candidate[] {
  const from = random.below(all.length - 4);
  return all.slice(from, from + 1 + random.below(4));
}

it(`a job's data goes nowhere that is not cleared for it: ${decisions} decisions at any price, capacity, history and sequence of failures`, () => {
  const random = seeded(20_260_823);
  const all = Array.from({ length: 5000 }, (_, i) => randomCandidate(random, `place ${i}`));
  const policies = Array.from({ length: 200 }, () => randomPolicy(random));
  const jobs = Array.from({ length: 20_000 }, () => randomJob(random));
  let made = 0;
  let placed = 0;
  let climbed = 0;
  const violations: string[] = [];
  const judge = (job: PlannedJob, place: Candidate, policy: Policy): void => {
    if (!mayGo(job, place, policy)) violations.push(`${job.label} data at ${place.id}, ${JSON.stringify(place.site)}`);
  };
  while (made < decisions) {
    const candidates = someOf(all, random);
    const policy = random.pick(policies);
    const job = { ...random.pick(jobs), label: random.pick(labels) };
    const first = plan(job, candidates, policy).chosen;
    made++;
    if (first === undefined) continue;
    placed++;
    judge(job, first, policy);
    // The task fails wherever it goes, each time with another failure, until there is nowhere left.
    const tried: TriedPlace[] = [];
    let place = first;
    let memoryBytes = job.requirements.memoryBytes ?? first.usableMemoryBytes;
    for (let stepsLeft = 4; ; stepsLeft--) {
      tried.push({ candidateId: place.id, memoryBytes, timeMs: place.limits?.timeMs ?? 1000 });
      // Prices and capacities change meanwhile.
      const offered = random.below(4) === 0 ? someOf(all, random) : candidates;
      const climb = { failure: random.pick(failures), tried, spentUsd: random.next(), stepsLeft };
      const rung = nextRung(climb, job, offered, policy);
      made++;
      if (rung.candidate === undefined) break;
      climbed++;
      judge(job, rung.candidate, policy);
      place = rung.candidate;
      memoryBytes = rung.requirements.memoryBytes ?? place.usableMemoryBytes;
    }
  }
  expect(violations.slice(0, 5)).toEqual([]);
  // What decides nothing proves nothing.
  expect(placed).toBeGreaterThan(decisions / 10);
  expect(climbed).toBeGreaterThan(decisions / 20);
}, 300_000);

it('nor does any part of a job that is split', () => {
  const random = seeded(7);
  const all = Array.from({ length: 1000 }, (_, i) => randomCandidate(random, `place ${i}`));
  let parts = 0;
  for (let i = 0; i < 5000; i++) {
    const policy = randomPolicy(random);
    const job = randomJob(random);
    const candidates = someOf(all, random);
    const groups = Array.from({ length: 1 + random.below(3) }, () => {
      const { requirements, profile, taskCount = 1 } = randomJob(random);
      return { job: { ...job, requirements, profile, taskCount }, candidates };
    });
    for (const { candidate } of splitPlan(groups, policy, job.goal).parts) {
      parts++;
      expect(mayGo(job, candidate, policy)).toBe(true);
    }
  }
  expect(parts).toBeGreaterThan(1500);
});
