import { bestPlace } from './oracle.js';
import { functions, newMachines, ownHosts, type Place } from './places.js';
import type { Seeded } from './seeded.js';
import {
  alike,
  lognormalFunctions,
  metaspaceStages,
  runOf,
  type TrueFunction,
  type TrueJob,
  unlike,
  varied,
} from './true-job.js';

/** Jobs, and the places that they could go to. */
export interface Trace {
  readonly name: string;
  readonly places: readonly Place[];
  /** Runs of the same functions before, which nobody measures: what the history is made of. */
  readonly past: readonly TrueJob[];
  readonly jobs: readonly TrueJob[];
}

const cloud = [...functions, ...newMachines];
const pastRuns = 10;

interface TraceOptions {
  readonly count: number;
  /** How many earlier runs of each function there were. @defaultValue 10 */
  readonly past?: number;
  /** So many hosts of the organisation's own. @defaultValue 0 */
  readonly hosts?: number;
  /** Share of jobs whose data may go to those only. @defaultValue 0 */
  readonly sensitive?: number;
  /** The user says what a task needs, up to 40 % too much. @defaultValue false */
  readonly saysMemory?: boolean;
}

export function traceOf(name: string, all: readonly TrueFunction[], random: Seeded, options: TraceOptions): Trace {
  const { count, past = pastRuns, hosts = 0, sensitive = 0, saysMemory = false } = options;
  const places = [...ownHosts(hosts), ...cloud];
  const jobOf = (fn: TrueFunction): TrueJob => {
    const label = random.next() < sensitive ? 'restricted' : 'internal';
    const busyMs = Array.from({ length: hosts }, () => (random.next() < 0.3 ? random.magnitude(1000, 3_600_000) : 0));
    const job = runOf(fn, random, { label, busyMs });
    return saysMemory ? { ...job, saidBytes: Math.ceil(Math.max(...job.peakBytes) * random.between(1, 1.4)) } : job;
  };
  return {
    name,
    places,
    past: all.flatMap(fn => Array.from({ length: past }, () => jobOf(fn))),
    jobs: Array.from({ length: count }, (_, i) => withDeadline(jobOf(all[i % all.length]!), places, random)),
  };
}

/** Half of the jobs have a deadline: 1.5 to 8 times what the fastest place takes. */
function withDeadline(job: TrueJob, places: readonly Place[], random: Seeded): TrueJob {
  if (random.next() < 0.5) return job;
  const fastest = bestPlace(job, places, { objective: 'ms' });
  return fastest === undefined ? job : { ...job, deadlineMs: fastest.ms * random.magnitude(1.5, 8) };
}

/** The traces of `research/peers.md` §5 whose jobs stand alone. */
export function* traces(random: Seeded): Generator<Trace> {
  const steady = lognormalFunctions(240, random, alike);
  yield traceOf('METASPACE-like stages', metaspaceStages(alike), random, { count: 480 });
  yield traceOf('lognormal sizes', steady, random, { count: 480 });
  yield traceOf('lognormal sizes, memory said', steady, random, { count: 480, saysMemory: true });
  for (const [sensitive, hosts] of [
    [0, 2],
    [0.1, 1],
    [0.1, 4],
    [0.5, 1],
    [0.5, 4],
  ] as const) {
    const name = `${sensitive * 100} % sensitive, ${hosts} own ${hosts === 1 ? 'host' : 'hosts'}`;
    const mixed = [...metaspaceStages(alike), ...lognormalFunctions(100, random, alike).filter(fitsHost)];
    yield traceOf(name, mixed, random, { count: 300, hosts, sensitive });
  }
  yield traceOf('METASPACE-like, inputs of other sizes', metaspaceStages(varied), random, { count: 480 });
  yield traceOf('lognormal, inputs of other sizes', lognormalFunctions(240, random, varied), random, { count: 480 });
  yield traceOf('lognormal, runs unlike each other', lognormalFunctions(240, random, unlike), random, { count: 480 });
  const first = lognormalFunctions(600, random, alike);
  const [maps, few] = [first.filter(({ tasks }) => tasks > 3), first.filter(({ tasks }) => tasks <= 3)];
  yield traceOf('first runs of maps, probed', maps, random, { count: 240, past: 0 });
  yield traceOf('first runs of one to three tasks', few, random, { count: 240, past: 0 });
}

/** What no own host can hold could not be placed where it is sensitive. */
function fitsHost({ memoryBytes }: TrueFunction): boolean {
  return memoryBytes < 250 * 2 ** 30;
}
