import { describe, expect, it } from 'vitest';
import { type Candidate, candidateKinds } from '../backends/backend.js';
import type { Billing } from './billing.js';
import { plan } from './plan.js';
import type { PlannedJob } from './planned-job.js';
import { defaultPolicy } from './policy.js';
import { canBeBeaten, countsAsSame } from './rank.js';
import { functionCandidate, hostCandidate, newCandidate, plannedJob } from './testing/candidates.js';
import { randomCandidate, randomJob, randomPolicy } from './testing/random-jobs.js';
import { type Seeded, seeded } from './testing/seeded.js';

const cases = 10_000;
const gib = 2 ** 30;

function eachCase(seed: number, look: (job: PlannedJob, candidates: Candidate[], random: Seeded) => void): void {
  const random = seeded(seed);
  const all = Array.from({ length: 3000 }, (_, i) => randomCandidate(random, `place ${i}`));
  for (let i = 0; i < cases; i++) {
    const from = random.below(all.length - 12);
    look({ ...randomJob(random), label: 'public' }, all.slice(from, from + 2 + random.below(10)), random);
  }
}

function shuffled<T>(all: readonly T[], random: Seeded): T[] {
  return all
    .map(one => ({ one, at: random.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ one }) => one);
}

const usdOf = (job: PlannedJob, candidates: readonly Candidate[]): number =>
  plan(job, candidates, defaultPolicy).chosen?.estimate?.usd ?? Number.POSITIVE_INFINITY;

describe(`of ${cases} random jobs, each`, () => {
  it('has the same plan whatever order its candidates come in', () => {
    eachCase(1, (job, candidates, random) => {
      const policy = randomPolicy(random);
      expect(plan(job, shuffled(candidates, random), policy)).toEqual(plan(job, candidates, policy));
    });
  });

  it('has the same plan in any currency', () => {
    eachCase(2, (job, candidates, random) => {
      const rate = 10 ** (6 * random.next() - 3);
      const { budgetUsd, ...goal } = job.goal;
      const scaled = { ...job, goal: { ...goal, ...(budgetUsd === undefined ? {} : { budgetUsd: budgetUsd * rate }) } };
      const ids = (of: PlannedJob, places: readonly Candidate[]) =>
        plan(of, places, defaultPolicy).candidates.map(({ id, rejected }) => [id, rejected?.reason]);
      const dearer = candidates.map(candidate => inCurrency(candidate, rate));
      expect(ids(scaled, dearer)).toEqual(ids(job, candidates));
    });
  });

  it('costs no more when there are more candidates, but for the hundredth that counts as the same', () => {
    eachCase(3, (job, [added, ...candidates]) => {
      const cost = { ...job, goal: { ...job.goal, objective: 'cost' } } as const;
      const before = usdOf(cost, candidates);
      expect(usdOf(cost, [...candidates, added!])).toBeLessThanOrEqual(before * (1 + countsAsSame));
    });
  });

  it('costs no more with a later deadline, and takes no longer with a larger budget, but for the hundredth', () => {
    eachCase(4, (job, candidates, random) => {
      const deadlineMs = 10 ** (3 + 5 * random.next());
      const due = (ms: number) => ({ ...job, goal: { objective: 'cost', deadlineMs: ms } }) as const;
      const later = usdOf(due(deadlineMs * (1 + random.next())), candidates);
      expect(later).toBeLessThanOrEqual(usdOf(due(deadlineMs), candidates) * (1 + countsAsSame));
      const budgetUsd = 10 ** (5 * random.next() - 4);
      const msWith = (usd: number) =>
        plan({ ...job, goal: { objective: 'time', budgetUsd: usd } }, candidates, defaultPolicy).chosen?.estimate?.ms ??
        Number.POSITIVE_INFINITY;
      expect(msWith(budgetUsd * (1 + random.next()))).toBeLessThanOrEqual(msWith(budgetUsd) * (1 + countsAsSame));
    });
  });

  it('keeps to its deadline and its budget, with slow tasks too', () => {
    eachCase(5, (job, candidates) => {
      const { chosen, goal, profile } = plan(job, candidates, defaultPolicy);
      if (chosen?.estimate === undefined) return;
      const { slowMs, slowUsd } = chosen.estimate;
      expect(slowUsd).toBeLessThanOrEqual(goal.budgetUsd ?? Number.POSITIVE_INFINITY);
      if (profile.source !== 'guess') expect(slowMs).toBeLessThanOrEqual(goal.deadlineMs ?? Number.POSITIVE_INFINITY);
    });
  });

  it('need not ask the backends that could not beat what is found', () => {
    let unbeaten = 0;
    eachCase(6, (job, candidates, random) => {
      const stage = random.below(candidateKinds.length);
      const asked = candidateKinds.slice(0, stage + 1);
      const found = plan(
        job,
        candidates.filter(({ kind }) => asked.includes(kind)),
        defaultPolicy,
      ).chosen;
      if (found === undefined || canBeBeaten(found, candidateKinds.slice(stage + 1), job.goal)) return;
      unbeaten++;
      expect(plan(job, candidates, defaultPolicy).chosen?.id).toBe(found.id);
    });
    expect(unbeaten).toBeGreaterThan(cases / 20);
  });

  it('stays where it is with more memory, as long as that is there, or goes where it costs the same and is nearer', () => {
    let stayed = 0;
    eachCase(7, (job, candidates, random) => {
      const cost = { ...job, goal: { objective: 'cost' } } as const;
      const { chosen } = plan(withMemory(cost, 0), candidates, defaultPolicy);
      if (chosen === undefined) return;
      const more = plan(withMemory(cost, random.next() * chosen.usableMemoryBytes), candidates, defaultPolicy).chosen!;
      if (more.id === chosen.id) stayed++;
      expect(candidateKinds.indexOf(more.kind)).toBeLessThanOrEqual(candidateKinds.indexOf(chosen.kind));
      expect(more.estimate!.usd).toBeLessThanOrEqual(chosen.estimate!.usd * (1 + countsAsSame));
    });
    expect(stayed).toBeGreaterThan(cases / 2);
  });
});

describe('more memory', () => {
  // Lambda's sizes, and EC2's of which the least has more than the largest function.
  const functions = [128, 512, 1024, 1769, 3008, 5120, 7168, 10_240].map(mib => functionCandidate(mib));
  const machines = [16, 32, 64, 128, 256, 512, 1024, 2048, 4096].map(size =>
    newCandidate({ id: `new ${size}GiB`, cpus: size / 8, slots: size / 8, usableMemoryBytes: size * gib * 0.925 }),
  );

  it(`never moves a job from a machine to a function, where every machine has more than any function: ${cases} jobs`, () => {
    const random = seeded(8);
    let onMachines = 0;
    for (let i = 0; i < cases; i++) {
      const priced = machines.map(machine => dearer(machine, 0.01 * 1000 ** random.next()));
      const hosts = Array.from({ length: random.below(2) }, (_, n) =>
        hostCandidate({ id: `host ${n}`, usableMemoryBytes: (16 + random.below(500)) * gib }),
      );
      const candidates = [...functions, ...priced, ...hosts];
      const [less, more] = [random.next(), random.next()]
        .map(share => 2 ** 27 * 2 ** (15 * share))
        .sort((a, b) => a - b);
      const job = { ...randomJob(random), label: 'public' } as const;
      const kind = plan(withMemory(job, less!), candidates, defaultPolicy).chosen?.kind;
      if (kind === undefined || kind === 'function') continue;
      onMachines++;
      expect(plan(withMemory(job, more!), candidates, defaultPolicy).chosen?.kind).not.toBe('function');
    }
    expect(onMachines).toBeGreaterThan(cases / 10);
  });

  it('can move it from a machine that is smaller than a function, for then only the function has room', () => {
    const host = hostCandidate({ usableMemoryBytes: 4 * gib });
    const chosen = (memoryBytes: number) =>
      plan(withMemory(plannedJob(), memoryBytes), [host, ...functions, ...machines], defaultPolicy).chosen?.kind;
    expect([chosen(3 * gib), chosen(6 * gib), chosen(20 * gib)]).toEqual(['host', 'function', 'new']);
  });
});

function withMemory(job: PlannedJob, memoryBytes: number): PlannedJob {
  return { ...job, requirements: { ...job.requirements, memoryBytes } };
}

function dearer(machine: Candidate, usdPerHour: number): Candidate {
  return { ...machine, usdPerHour, billing: { ...machine.billing, usdPerHour } as Billing };
}

function inCurrency(candidate: Candidate, rate: number): Candidate {
  const { billing, transfer } = candidate;
  return {
    ...candidate,
    billing: billingIn(billing, rate),
    ...(transfer === undefined ? {} : { transfer: { ...transfer, usdPerGib: transfer.usdPerGib * rate } }),
  };
}

function billingIn(billing: Billing, rate: number): Billing {
  if (billing.per === 'nothing') return billing;
  if (billing.per === 'hour') return { ...billing, usdPerHour: billing.usdPerHour * rate };
  return {
    ...billing,
    usdPerGibSecond: billing.usdPerGibSecond * rate,
    usdPerRequest: billing.usdPerRequest * rate,
  };
}
