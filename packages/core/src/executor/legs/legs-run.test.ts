import type { Failure } from '@megalith/agent';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { EventQueue } from '../../backends/agent/event-queue.js';
import type { BackendJob, Candidate, JobRun, TaskEvents, TaskInput, TaskSource } from '../../backends/backend.js';
import { cheapest } from '../../placement/goal.js';
import { unknownProfile } from '../../placement/job-profile.js';
import { hereCandidate } from '../../placement/testing/candidates.js';
import { createFakeBackend, FakeFailure, type FakeTask } from '../testing/fake-backend.js';
import type { LegPlan } from './leg.js';
import { LegsRun } from './legs-run.js';
import type { Move } from './move.js';

/** So many tasks, of which each comes once. */
function sourceOf(count: number): TaskSource {
  let next = 0;
  return {
    take: max => {
      const tasks: TaskInput[] = [];
      for (; next < count && tasks.length < max; next++) tasks.push({ index: next, attempt: 1, item: next });
      return tasks;
    },
    ready: async () => undefined,
    get ended() {
      return next === count;
    },
    get taskCount() {
      return count;
    },
  };
}

const requirements = { cpus: 1, graceMs: 0 };
const job: Omit<BackendJob, 'tasks'> = {
  id: 'legs',
  name: 'legs',
  requirements,
  tags: [],
  label: 'internal',
  goal: cheapest,
  profile: unknownProfile,
  work: { kind: 'command', argv: ['x'], stdin: 'ignore' },
  shared: [],
  env: {},
};

function legOf(name: string, script: FakeTask, slots = 3): LegPlan & { readonly taken: readonly TaskInput[] } {
  const backend = createFakeBackend(script, { name, slots });
  const place: Candidate = hereCandidate({ backend: name, id: name });
  return {
    key: name,
    place,
    requirements,
    run: tasks => backend.run({ ...job, tasks }, place),
    taken: backend.taken,
  };
}

const outOfMemory = (): never => {
  throw new FakeFailure({ code: 'OUT_OF_MEMORY', message: 'too big' });
};

/** A place that says what a test lets it say. */
function toldLeg(name: string, fields: Partial<JobRun> = {}) {
  const events = new EventQueue<TaskEvents>();
  const begun: TaskSource[] = [];
  const cancels: string[] = [];
  const leg: LegPlan = {
    key: name,
    place: hereCandidate({ backend: name, id: name }),
    requirements,
    run: tasks => {
      begun.push(tasks);
      return { events, cancel: reason => cancels.push(reason), machine: name, ...fields };
    },
  };
  return { leg, events, begun, cancels };
}

const failed = (index: number, attempt: number, code: Failure['code'], retrying = false): TaskEvents => [
  { type: 'failed', job: 0, index, attempt, failure: { code, message: code }, ...(retrying ? { retrying } : {}) },
];

/** How each task ended: `done by NAME after N attempts`, or the code of its failure. */
async function endsOf(run: LegsRun): Promise<Map<number, string>> {
  const ends = new Map<number, string>();
  const attempts = new Map<number, number>();
  for await (const batch of run.events) {
    for (const event of batch) {
      if (event.type !== 'done' && event.type !== 'failed') continue;
      expect(event.attempt, 'attempts come one after another').toBe((attempts.get(event.index) ?? 0) + 1);
      attempts.set(event.index, event.attempt);
      if (event.type === 'failed' && event.retrying === true) continue;
      expect(ends.has(event.index), 'a task ends once').toBe(false);
      const how = event.type === 'done' ? `${event.value} ${event.attempt}` : event.failure.code;
      ends.set(event.index, how);
    }
  }
  return ends;
}

describe('a job at several places', () => {
  it('moves a task that ran out of memory, and that alone, to the next place', async () => {
    const small = legOf('small', ({ index }) => (index % 4 === 1 ? outOfMemory() : 'small'));
    const large = legOf('large', () => 'large');
    const run = new LegsRun({ tasks: sourceOf(8), legs: [small], moveOf: async () => ({ to: large }) });
    const ends = await endsOf(run);
    expect([...ends].sort(([a], [b]) => a - b).map(([, how]) => how)).toEqual(
      Array.from({ length: 8 }, (_, index) => (index % 4 === 1 ? 'large 2' : 'small 1')),
    );
    expect(large.taken.map(({ index, attempt }) => ({ index, attempt }))).toEqual([
      { index: 1, attempt: 2 },
      { index: 5, attempt: 2 },
    ]);
  });

  it('says why a task has nowhere to go', async () => {
    const run = new LegsRun({
      tasks: sourceOf(1),
      legs: [legOf('small', outOfMemory)],
      moveOf: async (): Promise<Move> => ({ refused: 'it would cost $3 of $2' }),
    });
    const failures = [];
    for await (const batch of run.events) for (const event of batch) if (event.type === 'failed') failures.push(event);
    expect(failures).toMatchObject([
      { failure: { code: 'OUT_OF_MEMORY', message: 'too big; it can go nowhere else: it would cost $3 of $2' } },
    ]);
  });

  it('fails the tasks that were to go to a place which is not to be had, with what they failed with before', async () => {
    const small = legOf('small', ({ index }) => (index === 0 ? outOfMemory() : index));
    const place = hereCandidate({ id: 'gone' });
    const gone: LegPlan = {
      key: 'gone',
      place,
      requirements,
      run: () => ({
        // biome-ignore lint/correctness/useYield: it fails before it has anything to give
        events: (async function* () {
          throw new Error('no such machine');
        })(),
        cancel: () => undefined,
        machine: undefined,
      }),
    };
    const run = new LegsRun({ tasks: sourceOf(3), legs: [small], moveOf: async () => ({ to: gone }) });
    expect(await endsOf(run)).toEqual(
      new Map([
        [1, '1 1'],
        [2, '2 1'],
        [0, 'OUT_OF_MEMORY'],
      ]),
    );
  });

  it('decides where the rest goes once the first tasks have shown how they are', async () => {
    const first = legOf('first', () => 'first');
    const rest = legOf('rest', () => 'rest');
    let seen = 0;
    const run = new LegsRun({
      tasks: sourceOf(10),
      legs: [first],
      probe: {
        tasks: 2,
        limitMs: 60_000,
        decide: async ({ done }) => {
          seen = done.length;
          return rest;
        },
      },
    });
    const ends = await endsOf(run);
    expect(seen).toBe(2);
    expect([...ends.values()].filter(how => how === 'first 1')).toHaveLength(2);
    expect([...ends.values()].filter(how => how === 'rest 1')).toHaveLength(8);
  });

  it('goes on at the first place where that is what was decided, and asks no longer than the tasks there are', async () => {
    const only = legOf('only', () => 'only');
    const probe = { tasks: 5, limitMs: 60_000, decide: async () => only };
    expect((await endsOf(new LegsRun({ tasks: sourceOf(3), legs: [only], probe }))).size).toBe(3);
  });

  it('cancels what waits for a place as well as what runs', async () => {
    const never = legOf('never', () => new Promise(() => undefined), 1);
    const small = legOf('small', outOfMemory);
    const run = new LegsRun({ tasks: sourceOf(3), legs: [small], moveOf: async () => ({ to: never }) });
    const ends = endsOf(run);
    await expect.poll(() => never.taken.length).toBe(1);
    await new Promise(setImmediate);
    run.cancel('enough');
    expect([...(await ends).values()]).toEqual(['CANCELLED', 'CANCELLED', 'CANCELLED']);
  });

  it('counts the tries of a place that tries tasks again by itself', async () => {
    const small = toldLeg('small', { retriesTasks: true });
    const large = legOf('large', () => 'large');
    const run = new LegsRun({ tasks: sourceOf(1), legs: [small.leg], moveOf: async () => ({ to: large }) });
    small.begun[0]!.take(1);
    small.events.push(failed(0, 1, 'THREW', true));
    small.events.push(failed(0, 2, 'OUT_OF_MEMORY'));
    const ends = endsOf(run);
    await expect.poll(() => large.taken).toMatchObject([{ index: 0, attempt: 3 }]);
    small.events.end();
    expect(await ends).toEqual(new Map([[0, 'large 3']]));
  });

  it('loses with a place the tries that this has made, and lets the task be tried elsewhere', async () => {
    const small = legOf('small', outOfMemory);
    const large = toldLeg('large', { retriesTasks: true });
    const run = new LegsRun({ tasks: sourceOf(1), legs: [small], moveOf: async () => ({ to: large.leg }) });
    const ends = endsOf(run);
    await expect.poll(() => large.begun.length).toBe(1);
    large.begun[0]!.take(1);
    large.events.push(failed(0, 2, 'THREW', true));
    large.events.fail(new Error('gone'));
    expect(await ends).toEqual(new Map([[0, 'OUT_OF_MEMORY']]));
    expect(run.retriesTask(0)).toBe(false);
  });

  it.each([[undefined], [[0]]])('cancels a task whose next place is being looked for: %j', async indexes => {
    const moveOf = vi.fn(() => new Promise<Move>(() => undefined));
    const run = new LegsRun({ tasks: sourceOf(1), legs: [legOf('small', outOfMemory)], moveOf });
    const ends = endsOf(run);
    await expect.poll(() => moveOf.mock.calls.length).toBe(1);
    run.cancel('enough', indexes);
    expect(await ends).toEqual(new Map([[0, 'CANCELLED']]));
  });

  it('fails a task whose next place refuses it at once', async () => {
    const shut: LegPlan = {
      ...legOf('shut', () => 'shut'),
      run: () => {
        throw new Error('not cleared');
      },
    };
    const run = new LegsRun({
      tasks: sourceOf(1),
      legs: [legOf('small', outOfMemory)],
      moveOf: async () => ({ to: shut }),
    });
    expect(await endsOf(run)).toEqual(new Map([[0, 'OUT_OF_MEMORY']]));
  });

  it('leaves no place running where another of its first places refuses the job', async () => {
    const small = toldLeg('small');
    const shut: LegPlan = {
      ...legOf('shut', () => 'shut'),
      run: () => {
        throw new Error('not cleared');
      },
    };
    const run = new LegsRun({ tasks: sourceOf(2), legs: [small.leg, shut] });
    await expect(endsOf(run)).rejects.toThrow('not cleared');
    expect(small.cancels).toEqual(['the job failed']);
  });

  it('names the machine of events of which some were kept back', async () => {
    const machineOf = (events: TaskEvents) => `machine ${events.length}`;
    const small = toldLeg('small', { machineOf });
    const moveOf = async (): Promise<Move> => ({ refused: 'no' });
    const run = new LegsRun({ tasks: sourceOf(2), legs: [small.leg], moveOf });
    small.begun[0]!.take(2);
    small.events.push([...failed(0, 1, 'THREW'), ...failed(1, 1, 'OUT_OF_MEMORY')]);
    small.events.end();
    const machines = [];
    for await (const events of run.events) machines.push(run.machineOf(events));
    expect(machines).toEqual(['machine 2', 'machine 2']);
  });

  it.each([0, 2])('decides nothing for an input of %i tasks that ends before its probe', async count => {
    const decide = vi.fn(async () => legOf('rest', () => 'rest'));
    let settled = 0;
    const tasks = sourceOf(count);
    // As one whose tasks may be tried again: it has ended once the last has.
    const late: TaskSource = {
      take: max => tasks.take(max),
      ready: async () => void (await expect.poll(() => settled).toBe(count)),
      get ended() {
        return tasks.ended && settled === count;
      },
      taskCount: count,
    };
    const first = legOf('first', () => 'first');
    const run = new LegsRun({ tasks: late, legs: [first], probe: { tasks: 3, limitMs: 60_000, decide } });
    for await (const events of run.events) settled += events.filter(({ type }) => type === 'done').length;
    expect(settled).toBe(count);
    expect(decide).not.toHaveBeenCalled();
  });

  it('begins nowhere else once it is cancelled', async () => {
    const rest = toldLeg('rest');
    let decided: (() => void) | undefined;
    const decide = () =>
      new Promise<LegPlan>(resolve => {
        decided = () => resolve(rest.leg);
      });
    const first = legOf('first', () => 'first');
    const run = new LegsRun({ tasks: sourceOf(10), legs: [first], probe: { tasks: 2, limitMs: 60_000, decide } });
    const ends = endsOf(run);
    await expect.poll(() => decided).toBeDefined();
    run.cancel('enough');
    decided!();
    expect((await ends).size).toBe(2);
    expect(rest.begun).toEqual([]);
  });

  it('brings every task to one end, whichever places fail it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.constantFrom('ok', 'memory', 'throw'), { minLength: 1, maxLength: 4 }), { maxLength: 30 }),
        fc.integer({ min: 1, max: 4 }),
        fc.boolean(),
        async (fates, slots, later) => {
          const script: FakeTask = ({ index, attempt }) => {
            const act = (): unknown => {
              const fate = fates[index]![attempt - 1] ?? 'ok';
              if (fate === 'memory') return outOfMemory();
              if (fate === 'throw') throw new Error('no');
              return 'ok';
            };
            return later ? Promise.resolve().then(act) : act();
          };
          const rungs = ['a', 'b', 'c'].map(name => legOf(name, script, slots));
          const run = new LegsRun({
            tasks: sourceOf(fates.length),
            legs: [rungs[0]!],
            moveOf: async ({ tried }) => {
              const to = rungs[tried.length];
              return to === undefined ? { refused: 'that was the last' } : { to };
            },
          });
          const ends = await endsOf(run);
          expect(ends.size).toBe(fates.length);
          for (const [index, how] of ends) {
            const fate = fates[index]!;
            const at = fate.findIndex(each => each !== 'memory');
            const last = at === -1 ? fate.length : at;
            const expected = last >= 3 ? 'OUT_OF_MEMORY' : fate[last] === 'throw' ? 'THREW' : `ok ${last + 1}`;
            expect(how).toBe(expected);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
