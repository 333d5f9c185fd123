import { expect, test } from 'vitest';
import { baselines } from './baselines.js';
import { bestPlace } from './oracle.js';
import { functions, newMachines, ownHosts } from './places.js';
import { JobOnItsWay } from './planned-run.js';
import { seeded } from './seeded.js';
import { runStream, type StreamRule } from './stream.js';
import { streamBound } from './stream-bound.js';
import { alike, lognormalFunctions, runOf, unlike } from './true-job.js';

const places = [...ownHosts(2), ...functions, ...newMachines.filter((_, i) => i % 7 === 0)];

test('no rule is better than the oracle, and no data of the planner goes where it may not', () => {
  const random = seeded(1);
  for (const fn of lognormalFunctions(120, random, unlike)) {
    const label = random.next() < 0.5 ? 'restricted' : 'internal';
    const job = runOf(fn, random, { label, busyMs: [0, 60_000] });
    const oracle = bestPlace(job, places, { objective: 'usd' });
    if (oracle === undefined) continue;
    const ours = new JobOnItsWay(job, places).run(undefined);
    expect(ours).toMatchObject({ violations: 0, lost: 0 });
    expect(ours.usd).toBeGreaterThanOrEqual(oracle.usd * (1 - 1e-9));
    if (label === 'restricted') continue;
    for (const { place } of baselines) {
      expect(place(job, places)?.usd ?? Number.POSITIVE_INFINITY).toBeGreaterThanOrEqual(oracle.usd * (1 - 1e-9));
    }
  }
});

test('no rule is better than the bound of a stream', () => {
  const random = seeded(2);
  const machines = newMachines.filter(({ id }) => ['new 1 c6g.large', 'new 1 r6g.2xlarge'].includes(id));
  const all = [...functions, ...machines];
  for (let i = 0; i < 30; i++) {
    const kinds = lognormalFunctions(3, random, alike).map(fn => ({
      ...fn,
      cpus: 1,
      tasks: 3,
      taskMs: Math.min(fn.taskMs, 200_000),
      memoryBytes: Math.min(fn.memoryBytes, 2 ** 32),
    }));
    const arrivals = Array.from({ length: 12 }, () => ({
      job: runOf(random.pick(kinds), random),
      gapMs: random.magnitude(1000, 3_600_000),
    }));
    const bound = streamBound(arrivals, functions, machines);
    // Any choice, with any tail.
    const anyOf: StreamRule = (job, offers) =>
      random.pick(offers.filter(({ candidate }) => candidate.cpus >= 1 && Math.max(...job.ms) < 800_000));
    const tailMs = random.pick([0, 60_000, 600_000]);
    const usd = runStream(arrivals, all, { choose: anyOf, tailMs: () => tailMs, history: undefined });
    expect(usd).toBeGreaterThanOrEqual(bound * (1 - 1e-9));
  }
});
