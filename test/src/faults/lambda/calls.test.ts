import { cleanFunctions, FunctionExecutor, type JobOptions } from '@megalith/core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { eventually, within } from '../../conformance/eventually.js';
import { failureOf } from '../../conformance/failure-of.js';
import { type LambdaHere, lambdaHere } from './lambda-here.js';
import { thinTasks } from './thin-tasks.js';

/** Functions without processes: what is tested is the client's side of a bad region. */
let here: LambdaHere;
const quick = thinTasks(5);
let hold: Promise<void> | undefined;

beforeAll(async () => {
  here = await lambdaHere({
    section: { memory: ['1769MiB'] },
    thin: async (payload, context) => {
      await hold;
      return quick(payload, context);
    },
  });
});
afterAll(() => here.close());
beforeEach(() => {
  here.lambda.faults.clear();
  here.lambda.setConcurrency(1000);
  hold = undefined;
});

const items = [...Array(300).keys()];
const known: JobOptions = { expected: '1s' };
const open = () => new FunctionExecutor({ backend: 'lambda', home: here.home });
const identity = (item: number): number => item;

/** How often a function ran. */
const runs = () => here.lambda.calls().filter(({ action, run }) => action === 'Invoke' && run !== undefined).length;

test('a throttle storm loses no call, and runs none twice', async () => {
  await using executor = open();
  here.lambda.setConcurrency(7);
  here.lambda.faults.add({ action: 'Invoke', kind: 'throttle', every: 3 });
  const job = executor.map(identity, items, known);
  expect(await within(40_000, 'the end of the storm', job)).toEqual(items);
  expect([...job].every(({ attempts }) => attempts.length === 1)).toBe(true);
});

test('a call that AWS asks to wait for is sent again after that time', async () => {
  await using executor = open();
  const throttle = here.lambda.faults.add({ action: 'Invoke', kind: 'throttle', times: 1, retryAfterSeconds: 1 });
  const startedAt = performance.now();
  expect(await executor.callAsync(identity, 0, known)).toBe(0);
  expect(performance.now() - startedAt).toBeGreaterThan(1000);
  expect(throttle.hits).toBe(1);
});

test('a lost answer is an attempt: the job fails without retries, and ends well with them', async () => {
  await using executor = open();
  here.lambda.faults.add({ action: 'Invoke', kind: 'reply-lost', times: 1 });
  const failure = await failureOf(executor.callAsync(identity, 0, known));
  expect([failure.code, failure.hint]).toEqual(['AGENT_LOST', expect.stringContaining('retries')]);
  here.lambda.faults.clear();
  here.lambda.faults.add({ action: 'Invoke', kind: 'reply-lost', every: 4 });
  const options = { ...known, retries: { retries: 20, backoff: 1 } };
  expect(await within(40_000, 'the end', executor.map(identity, items, options))).toEqual(items);
});

test('a sandbox that is killed takes only its own task along', async () => {
  await using executor = open();
  here.lambda.faults.add({ action: 'Invoke', kind: 'killed', afterMs: 0, times: 1 });
  const job = executor.map(identity, [0, 1, 2], known);
  await job.ended();
  const codes = [...job].map(future => (future.state === 'failed' ? future.attempts.at(-1)?.failure?.code : 'done'));
  expect(codes.sort()).toEqual(['OUT_OF_MEMORY', 'done', 'done']);
});

test('a call that AWS finds too large fails with what to do', async () => {
  await using executor = open();
  here.lambda.faults.add({ action: 'Invoke', kind: 'error', code: 'RequestTooLargeException', status: 413 });
  expect(await failureOf(executor.callAsync(identity, 0, known))).toMatchObject({
    code: 'OVER_PAYLOAD',
    hint: expect.stringContaining('store'),
  });
});

test('a function that somebody deleted is made anew', async () => {
  await using executor = open();
  await executor.callAsync(identity, 0, known);
  const { deleted } = await cleanFunctions({ home: here.home, cwd: here.home, all: true });
  expect(deleted).toHaveLength(1);
  expect(await executor.callAsync(identity, 7, known)).toBe(0);
  expect(here.lambda.functions()).toHaveLength(1);
});

test('credentials that run out end the job at once, with what to do', async () => {
  await using executor = open();
  here.lambda.faults.add({ action: 'Invoke', kind: 'error', code: 'ExpiredTokenException', status: 403 });
  const failure = await failureOf(executor.map(identity, items, known));
  expect([failure.code, failure.exitCode]).toEqual(['NO_CREDENTIALS', 4]);
});

test('a role that was just made is waited for', async () => {
  await cleanFunctions({ home: here.home, cwd: here.home, all: true });
  const fault = here.lambda.faults.add({ action: 'CreateFunction', kind: 'role-not-ready', times: 2 });
  await using executor = open();
  expect(await executor.callAsync(identity, 0, known)).toBe(0);
  expect(fault.hits).toBe(2);
});

test('a cancelled job ends at once, though its functions run on', async () => {
  let release = (): void => undefined;
  hold = new Promise(resolve => {
    release = resolve;
  });
  await using executor = open();
  const before = runs();
  const job = executor.map(identity, items, known);
  await eventually('tasks are told to run', () => job.counts.running > 0);
  job.cancel('enough');
  const counts = await within(5_000, 'the end of the job', job.ended());
  expect(counts.cancelled).toBe(items.length);
  release();
  await eventually('the functions ended', () => runs() > before);
});

test('an answer that never comes is no reason not to close', async () => {
  here.lambda.faults.add({ action: 'Invoke', kind: 'reply-hung' });
  const executor = open();
  const job = executor.map(identity, [1, 2, 3], known);
  await eventually('tasks are told to run', () => job.counts.running > 0);
  job.cancel();
  await within(10_000, 'the end of the executor', executor.close());
});
