import fc from 'fast-check';
import { sampleOutcomes, type TaskSample } from '../task-sample.js';

const mib = 2 ** 20;
/** The time of tests. */
export const testNow = 1_800_000_000_000;

/** A task that went well a minute ago. */
export function sample(about: Partial<TaskSample> = {}): TaskSample {
  return {
    task: 'job/0',
    attempt: 1,
    at: testNow - 60_000,
    outcome: 'done',
    runMs: 1000,
    cpuMs: 1000,
    vcpus: 1,
    peakMemoryBytes: 100 * mib,
    bytesIn: 10,
    bytesOut: 10,
    ...about,
  };
}

export function samplesOf(count: number, about: (n: number) => Partial<TaskSample>): TaskSample[] {
  return Array.from({ length: count }, (_, n) => sample({ task: `job/${n}`, ...about(n) }));
}

/** Anything that may be in a history. Few names and times, so that some are equal. */
export const anySample: fc.Arbitrary<TaskSample> = fc
  .record({
    task: fc.tuple(fc.nat(3), fc.nat(40)).map(([job, index]) => `job${job}/${index}`),
    attempt: fc.integer({ min: 1, max: 2 }),
    at: fc.integer({ min: 0, max: 200 }).map(days => testNow - days * 24 * 3600_000),
    outcome: fc.constantFrom(...sampleOutcomes.filter(outcome => outcome !== 'running')),
    runMs: fc.oneof(fc.nat(1_000_000), fc.double({ min: 0, max: 1e7, noNaN: true })),
    cpuMs: fc.option(fc.nat(4_000_000), { nil: undefined }),
    vcpus: fc.constantFrom(0, 0.07, 0.5, 1, 2, 5.79, 128),
    peakMemoryBytes: fc.option(fc.nat(2 ** 40), { nil: undefined }),
    limitBytes: fc.option(fc.nat(2 ** 40), { nil: undefined }),
    bytesIn: fc.nat(),
    bytesOut: fc.nat(),
  })
  .map(({ cpuMs, peakMemoryBytes, limitBytes, ...rest }) => ({
    ...rest,
    ...(cpuMs === undefined ? {} : { cpuMs }),
    ...(peakMemoryBytes === undefined ? {} : { peakMemoryBytes }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
  }));
