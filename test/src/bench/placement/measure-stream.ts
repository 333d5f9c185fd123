import { lithopsTailMs } from './baselines.js';
import { History } from './history.js';
import { functions, newMachines, type Place } from './places.js';
import type { Seeded } from './seeded.js';
import { type Arrival, byPlan, type Offer, runStream, type StreamRule, trueUsd } from './stream.js';
import { streamBound } from './stream-bound.js';
import { alike, runOf, type TrueFunction } from './true-job.js';

/** What a rule paid for streams of jobs, against what one that knew them all before would have. */
export interface StreamRow {
  readonly rule: string;
  readonly streams: number;
  /** Of all streams: cost by the bound. */
  readonly ratioMedian: number;
  readonly ratioWorst: number;
}

const streamCount = 60;
const jobsInStream = 40;
const gib = 2 ** 30;
/** Few, so that the bound can go through every set of them. */
const machineIds = ['c6g.large', 'r6g.large', 'r6g.xlarge', 'r6g.2xlarge', 'c6g.8xlarge'].map(type => `new 1 ${type}`);

/** Bursts of jobs after idle gaps of 30 s to 2 h. */
function burstyStream(random: Seeded): { past: TrueFunction[]; arrivals: Arrival[] } {
  const kinds = Array.from({ length: 3 }, (_, i): TrueFunction => {
    const tasks = random.next() < 0.4 ? 1 : Math.round(random.magnitude(2, 200));
    return {
      name: `f${i}`,
      cpus: random.pick([1, 1, 2]),
      tasks,
      taskMs: random.magnitude(2000, 300_000),
      memoryBytes: random.magnitude(0.2 * gib, 40 * gib),
      taskSpread: { ms: tasks === 1 ? 0 : 0.3, memory: 0.02 },
      runSpread: { ...alike, tasks: 0.3 },
      mostBytes: 100 * gib,
    };
  });
  const arrivals: Arrival[] = [];
  while (arrivals.length < jobsInStream) {
    const burst = 1 + random.below(8);
    for (let i = 0; i < burst; i++) {
      const gapMs = i === 0 ? random.magnitude(30_000, 7_200_000) : random.magnitude(500, 20_000);
      arrivals.push({ job: runOf(random.pick(kinds), random), gapMs });
    }
  }
  return { past: kinds, arrivals };
}

/** Ski rental: a machine stays until idling has cost what its start does. */
const skiRental = ({ startMs }: Place): number => startMs;

interface Policy {
  readonly name: string;
  readonly tailMs: (place: Place) => number;
  readonly choose: StreamRule;
}

const cheapestOf =
  (kinds: readonly string[]): StreamRule =>
  (job, offers) => {
    const fits = offers.filter(({ candidate }) => kinds.includes(candidate.kind) && couldRun(job, candidate));
    const those = fits.length > 0 ? fits : offers.filter(({ candidate }) => couldRun(job, candidate));
    return those.map(offer => ({ offer, usd: trueUsd(job, offer) })).toSorted((a, b) => a.usd - b.usd)[0]!.offer;
  };

const baselinePolicies: readonly Policy[] = [
  { name: 'always a function where it fits', tailMs: () => 0, choose: cheapestOf(['function']) },
  { name: 'always a new machine', tailMs: () => 0, choose: cheapestOf(['new']) },
  { name: 'a machine, warm for 300 s (Lithops)', tailMs: () => lithopsTailMs, choose: cheapestOf(['new', 'warm']) },
  {
    name: 'by memory, 4 GiB (METASPACE)',
    tailMs: () => 0,
    choose: (job, offers) => cheapestOf([Math.max(...job.peakBytes) <= 4 * gib ? 'function' : 'new'])(job, offers),
  },
];

export function measureStreams(random: Seeded): StreamRow[] {
  const machines = machineIds.map(id => newMachines.find(place => place.id === id)!);
  const ratios = new Map<string, number[]>();
  for (let i = 0; i < streamCount; i++) {
    const { past, arrivals } = burstyStream(random);
    const bound = streamBound(arrivals, functions, machines);
    const history = new History();
    for (const fn of past) for (let run = 0; run < 10; run++) history.add(runOf(fn, random));
    const places = [...functions, ...machines];
    const note = (name: string, usd: number): void => void ratios.set(name, [...(ratios.get(name) ?? []), usd / bound]);
    note('Megalith', runStream(arrivals, places, { choose: byPlan(history), tailMs: skiRental, history }));
    for (const { name, choose, tailMs } of baselinePolicies) {
      note(name, runStream(arrivals, places, { choose, tailMs, history: undefined }));
    }
  }
  return [...ratios].map(([rule, all]) => {
    const sorted = all.toSorted((a, b) => a - b);
    const median = sorted[Math.floor(sorted.length / 2)]!;
    return {
      rule,
      streams: all.length,
      ratioMedian: Number(median.toFixed(2)),
      ratioWorst: Number(sorted.at(-1)!.toFixed(2)),
    };
  });
}

function couldRun(job: Arrival['job'], candidate: Offer['candidate']): boolean {
  const slowdown = Math.max(1, job.fn.cpus / candidate.cpus);
  if (slowdown > 1 && !(candidate.kind === 'function' && job.fn.cpus <= 1)) return false;
  return Math.max(...job.ms) * slowdown <= (candidate.limits?.timeMs ?? Number.POSITIVE_INFINITY);
}
