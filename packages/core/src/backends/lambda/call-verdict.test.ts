import { type Failure, MegalithError, type TaskEvent } from '@megalith/agent';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fakeStats } from '../../executor/testing/fake-backend.js';
import { type CallTask, callTask } from './call-tasks.js';
import { type CallOutcome, verdictOf } from './call-verdict.js';
import type { ReadReply } from './read-reply.js';

const sandbox = { id: 'one', calls: 0, startedAt: 0, memoryMib: 512 };
const taskOf = (index: number, attempt = 1): CallTask => callTask({ index, attempt, item: index });
const kill: Failure = { code: 'OUT_OF_MEMORY', message: 'killed' };
const killed: CallOutcome = { kind: 'failed', fault: { of: 'call', failure: kill } };

it('gives a task that was alone its verdict', () => {
  const { events, again } = verdictOf(killed, [taskOf(3)]);
  expect(events).toEqual([expect.objectContaining({ index: 3, type: 'failed', failure: kill })]);
  expect(events[0]).not.toHaveProperty('retrying');
  expect(again).toEqual([]);
});

it('tries each of several tasks again alone, as its next attempt, where one ended the call for all', () => {
  const { events, again } = verdictOf(killed, [taskOf(0), taskOf(1, 2)]);
  expect(events.map(event => event.type === 'failed' && event.retrying)).toEqual([true, true]);
  expect(again.map(({ index, attempt, isAlone }) => [index, attempt, isAlone])).toEqual([
    [0, 2, true],
    [1, 3, true],
  ]);
  expect(again[1]?.bytes.readUInt16LE(4)).toBe(3);
});

it('takes a lost answer for an attempt of each task', () => {
  const error = new MegalithError('AGENT_LOST', 'cut', { hint: 'retries' });
  const { events, again } = verdictOf({ kind: 'lost', error }, [taskOf(0), taskOf(1)]);
  expect(events).toHaveLength(2);
  expect(events).toEqual(
    Array(2).fill(expect.objectContaining({ failure: { code: 'AGENT_LOST', message: 'cut', hint: 'retries' } })),
  );
  expect(again).toEqual([]);
});

it('ends the job where no call of it can succeed', () => {
  const error = new MegalithError('NO_CREDENTIALS', 'who are you');
  expect(verdictOf({ kind: 'refused', error }, [taskOf(0)]).jobError).toBe(error);
});

it('sends tasks that were together too large one by one, as the same attempt', () => {
  const failure = { code: 'OVER_PAYLOAD', message: 'large' } as const;
  const { events, again } = verdictOf({ kind: 'tooLarge', failure }, [taskOf(0), taskOf(1)]);
  expect(events).toEqual([]);
  expect(again.map(({ attempt, isAlone }) => [attempt, isAlone])).toEqual([
    [1, true],
    [1, true],
  ]);
  expect(verdictOf({ kind: 'tooLarge', failure }, [taskOf(0)]).events).toHaveLength(1);
});

it('does not believe what an answer says of tasks that it was not asked for', () => {
  const reply: ReadReply = {
    sandbox,
    returned: [7],
    events: [
      { type: 'done', job: 1, index: 5, attempt: 1, value: 1, stats: fakeStats(5) },
      { type: 'done', job: 1, index: 0, attempt: 9, value: 1, stats: fakeStats(0) },
    ],
  };
  const { events, again } = verdictOf({ kind: 'replied', reply }, [taskOf(0)]);
  expect(events).toEqual([expect.objectContaining({ index: 0, type: 'failed' })]);
  expect(again).toEqual([]);
});

const outcomes: fc.Arbitrary<(tasks: readonly CallTask[]) => CallOutcome> = fc.oneof(
  fc.constant(() => killed),
  fc.constant((): CallOutcome => ({ kind: 'lost', error: new MegalithError('AGENT_LOST', 'cut') })),
  fc.constant((): CallOutcome => ({ kind: 'tooLarge', failure: { code: 'OVER_PAYLOAD', message: 'large' } })),
  fc
    .tuple(fc.infiniteStream(fc.constantFrom('done', 'failed', 'returned', 'forgotten')), fc.boolean())
    .map(([fates, tooLarge]) => (tasks: readonly CallTask[]): CallOutcome => {
      const fateOf = new Map(tasks.map(task => [task.index, fates.next().value as string]));
      const events = tasks.flatMap(({ index, attempt }): TaskEvent[] => {
        const fate = fateOf.get(index);
        const at = { job: 1, index, attempt } as const;
        if (fate === 'done') return [{ type: 'done' as const, ...at, value: 0, stats: fakeStats(index) }];
        if (fate !== 'failed') return [];
        return [{ type: 'failed' as const, ...at, failure: { code: 'THREW' as const, message: 'no' } }];
      });
      const returned = tasks.flatMap(({ index }) => (fateOf.get(index) === 'returned' ? [index] : []));
      const reply = tooLarge
        ? { sandbox, events: [], returned, tooLargeBytes: 2 ** 23 }
        : { sandbox, events, returned };
      return { kind: 'replied', reply };
    }),
);

it('gives every task of a call exactly one end or one more call', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(1000), { minLength: 1, maxLength: 20 }), outcomes, (indexes, outcomeOf) => {
      const tasks = indexes.map(index => taskOf(index));
      const { events, again, jobError } = verdictOf(outcomeOf(tasks), tasks);
      expect(jobError).toBeUndefined();
      const last = events.filter(event => event.type === 'done' || (event.type === 'failed' && !event.retrying));
      const fates = [...last.map(event => event.index), ...again.map(task => task.index)];
      expect(fates.sort((a, b) => a - b)).toEqual([...indexes].sort((a, b) => a - b));
      // A task that goes on as its next attempt was told so.
      for (const task of again.filter(({ attempt }) => attempt > 1)) {
        expect(events).toContainEqual(expect.objectContaining({ index: task.index, retrying: true }));
      }
    }),
  );
});

it('pays for a few calls only that give a task back before it begins', () => {
  const reply: ReadReply = { sandbox, events: [], returned: [0, 1] };
  let tasks = [taskOf(0), taskOf(1)];
  for (let i = 0; i < 2; i++) tasks = [...verdictOf({ kind: 'replied', reply }, tasks).again];
  expect(tasks.map(({ isAlone }) => isAlone)).toEqual([false, false]);
  tasks = [...verdictOf({ kind: 'replied', reply }, tasks).again];
  // Those that it shared calls with may have taken its time.
  expect(tasks.map(({ attempt, isAlone }) => [attempt, isAlone])).toEqual(Array(2).fill([1, true]));
  let task: CallTask | undefined = tasks[0]!;
  let calls = 3;
  let last: readonly TaskEvent[] = [];
  while (task !== undefined && calls < 100) {
    calls += 1;
    const verdict = verdictOf({ kind: 'replied', reply: { ...reply, returned: [0] } }, [task]);
    [task] = verdict.again;
    last = verdict.events;
  }
  expect(calls).toBe(5);
  expect(last).toEqual([
    expect.objectContaining({
      index: 0,
      failure: expect.objectContaining({ code: 'TIMED_OUT', hint: expect.any(String) }),
    }),
  ]);
});
