import { describe, expect, it } from 'vitest';
import {
  diskUsdPerHour,
  kindOf,
  lifetimeMs,
  PoolSimulation,
  type SimJob,
  type SimMachine,
  type SimShape,
} from './pool-simulation.fixture.js';

const secondMs = 1_000;
const hourMs = 3_600_000;
const weekMs = 7 * 24 * hourMs;
const labels = ['public', 'internal', 'confidential'] as const;

const shape = (
  type: string,
  cpus: number,
  gib: number,
  usdPerHour: number,
  start: number,
  restart: number,
): SimShape => ({
  type,
  cpus,
  memoryBytes: gib * 2 ** 30,
  usdPerHour,
  startMs: start * secondMs,
  restartMs: restart * secondMs,
});
const shapes = [
  shape('c6i.4xlarge', 16, 32, 0.68, 35, 25),
  shape('m6i.8xlarge', 32, 128, 1.536, 45, 30),
  shape('r6i.8xlarge', 32, 256, 2.016, 60, 40),
  shape('r6i.32xlarge', 128, 1_024, 8.064, 95, 55),
  shape('x2iedn.32xlarge', 128, 4_096, 26.676, 150, 70),
];

/** Mulberry32: the same numbers for the same seed, anywhere. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Bursts of one to three stages, each of many jobs at once, and idle gaps of 30 s to 2 h between them. */
function week(random: () => number): SimJob[] {
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const lognormal = (median: number, sigma: number): number => median * Math.exp(sigma * normal());
  const jobs: SimJob[] = [];
  for (const one of shapes) {
    for (const label of labels) {
      for (let at = random() * hourMs; at < weekMs; ) {
        for (let stages = 1 + Math.floor(random() * 3); stages > 0; stages--) {
          let longestMs = 0;
          const count = Math.min(60, Math.max(1, Math.round(lognormal(2.5, 1))));
          for (let n = 0; n < count; n++) {
            const lastsMs = Math.min(2 * hourMs, Math.max(5 * secondMs, lognormal(5 * 60 * secondMs, 1)));
            jobs.push({ shape: one, label, at: at + random() * 5 * secondMs, lastsMs });
            longestMs = Math.max(longestMs, lastsMs);
          }
          at += longestMs + 10 * secondMs + random() * 20 * secondMs;
        }
        at += 30 * secondMs * 240 ** random();
      }
    }
  }
  return jobs;
}

/**
 * The least that any plan could have paid for the jobs as they ran, knowing them all: the n-th machine runs while n jobs do, and each of its
 * gaps is idled, stopped or ended through, whatever is cheapest.
 */
function optimumUsd(machines: readonly SimMachine[]): number {
  const { usdPerHour, startMs, restartMs } = machines[0]!.shape;
  const usdPerMs = usdPerHour / hourMs;
  const diskUsdPerMs = diskUsdPerHour / hourMs;
  const changes = machines
    .flatMap(({ busy }) => busy)
    .flatMap(({ from, to }) => [
      { at: from, by: 1 },
      { at: to, by: -1 },
    ])
    .sort((one, other) => one.at - other.at || one.by - other.by);
  const freeSince: number[] = [];
  let running = 0;
  let usd = 0;
  let last = 0;
  for (const { at, by } of changes) {
    usd += running * (at - last) * usdPerMs;
    last = at;
    if (by < 0) freeSince[--running] = at;
    else {
      const gapMs = at - (freeSince[running++] ?? Number.NEGATIVE_INFINITY);
      usd += Math.min(gapMs * usdPerMs, startMs * usdPerMs, restartMs * usdPerMs + gapMs * diskUsdPerMs);
    }
  }
  return usd;
}

function checkNothingLeaks(simulation: PoolSimulation, jobs: readonly SimJob[]): void {
  expect(simulation.wrongs).toEqual([]);
  expect(simulation.done).toBe(jobs.length);
  for (const { life, cloud, ended, runs, expiresAt } of simulation.machines) {
    expect(life.state).toBe('terminated');
    expect(cloud).toBe('terminated');
    expect(ended).toBeDefined();
    expect(runs.at(-1)!.endedAt).toBeLessThanOrEqual(expiresAt);
    expect(runs.at(-1)!.endedAt! - runs[0]!.startedAt).toBeLessThanOrEqual(lifetimeMs + 1);
  }
}

describe('a week of a pool', () => {
  it('leaks no machine and kills none under its job, whatever dies', () => {
    const random = seeded(41);
    const jobs = week(random);
    const simulation = new PoolSimulation(random, { clientDies: 0.03, agentDies: 0.01 });
    simulation.run(jobs);
    checkNothingLeaks(simulation, jobs);
    const ends = new Map<string, number>();
    for (const { ended } of simulation.machines) ends.set(ended!, (ends.get(ended!) ?? 0) + 1);
    const counts = [...ends].map(([why, count]) => `${count} by ${why}`);
    console.log(`${jobs.length} jobs, ${simulation.machines.length} machines, ended: ${counts.join(', ')}`);
    expect(simulation.machines.length).toBeGreaterThan(10_000);
    expect(ends.get('expiry')).toBeGreaterThan(100);
  });

  it('costs little more than had the future been known', () => {
    const random = seeded(42);
    const jobs = week(random);
    const simulation = new PoolSimulation(random, { clientDies: 0, agentDies: 0 });
    simulation.run(jobs);
    checkNothingLeaks(simulation, jobs);
    console.log(`starts: ${JSON.stringify(simulation.starts)}`);
    let paid = 0;
    let best = 0;
    for (const one of shapes) {
      const kinds = labels.map(label =>
        simulation.machines.filter(machine => kindOf(machine) === kindOf({ shape: one, label })),
      );
      const paidUsd = simulation.spentUsd(kinds.flat());
      const bestUsd = kinds.reduce((sum, machines) => sum + optimumUsd(machines), 0);
      const ratio = paidUsd / bestUsd;
      console.log(
        `${one.type}: ${kinds.flat().length} machines, $${paidUsd.toFixed(0)}, at best $${bestUsd.toFixed(0)}: ${ratio.toFixed(3)}`,
      );
      expect(ratio).toBeGreaterThanOrEqual(1);
      expect(ratio).toBeLessThan(1.3);
      paid += paidUsd;
      best += bestUsd;
    }
    console.log(`all: $${paid.toFixed(0)}, at best $${best.toFixed(0)}: ${(paid / best).toFixed(3)}`);
  });
});
