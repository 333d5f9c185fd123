import { InvokeCommand, type LambdaClient, PutFunctionConcurrencyCommand } from '@aws-sdk/client-lambda';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { eventually } from '../conformance/eventually.js';
import type { LambdaEmulator } from './lambda-emulator.js';
import { startLambda } from './start-lambda.js';
import { call, deploy, refusal, testClient } from './test-client.js';

/** What a call asks its function to do. */
interface Wish {
  readonly ms?: number;
  readonly fails?: boolean;
  readonly together?: number;
  readonly waits?: boolean;
}

let lambda: LambdaEmulator;
let client: LambdaClient;
let running = 0;
let most = 0;
let ran = 0;
/** Lets calls end that wait for it. */
let open: () => void;
const opened = new Promise<void>(resolve => {
  open = resolve;
});
beforeAll(async () => {
  lambda = await startLambda({
    concurrency: 1200,
    thin: async event => {
      const { ms = 0, fails = false, together = 1, waits = false } = event as Wish;
      running++;
      ran++;
      most = Math.max(most, running);
      await eventually(`${together} run together`, () => most >= together);
      if (waits) await opened;
      await new Promise(resolve => setTimeout(resolve, ms));
      running--;
      if (fails) throw new TypeError('as asked');
      return event;
    },
  });
  client = testClient(lambda);
  await deploy(client, lambda.role, {});
});
afterEach(() => {
  lambda.faults.clear();
  lambda.setConcurrency(1200);
});
afterAll(async () => {
  client.destroy();
  await lambda.close();
});

test('calls run a thousand at once', async () => {
  const many = testClient(lambda, 1000);
  const answers = await Promise.all(
    Array.from({ length: 1000 }, (_, n) =>
      many.send(new InvokeCommand({ FunctionName: 'f', Payload: JSON.stringify({ n, together: 1000 }) })),
    ),
  );
  many.destroy();
  expect(answers.map(({ Payload }) => JSON.parse(Payload!.transformToString()).n)).toEqual(
    Array.from({ length: 1000 }, (_, n) => n),
  );
  expect(most).toBe(1000);
});

test('calls are throttled where account or function has no room', async () => {
  lambda.setConcurrency(102);
  const slow = [0, 1].map(() => call(client, 'f', { waits: true }));
  await eventually('both run', () => running === 2);
  lambda.setConcurrency(2);
  const refused = await client.send(new InvokeCommand({ FunctionName: 'f' })).catch((error: unknown) => error);
  expect(refused).toMatchObject({
    name: 'TooManyRequestsException',
    message: 'Rate Exceeded.',
    Reason: 'ConcurrentInvocationLimitExceeded',
    $metadata: { httpStatusCode: 429 },
  });
  lambda.setConcurrency(1200);
  const reserved = await deploy(client, lambda.role, { name: 'reserved' });
  await client.send(new PutFunctionConcurrencyCommand({ FunctionName: reserved, ReservedConcurrentExecutions: 0 }));
  expect(await call(client, reserved).catch((error: unknown) => error)).toMatchObject({
    Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
  });
  open();
  await Promise.all(slow);
});

test('calls get sandboxes no faster than Lambda gives them', async () => {
  let now = 1_000_000;
  await using other = await startLambda({
    burst: { sandboxes: 2, perMs: 10_000 },
    now: () => now,
    pendingMs: 0,
    thin: async () => new Promise(resolve => setTimeout(resolve, 100)),
  });
  const mine = testClient(other);
  await deploy(mine, other.role, {});
  const outcomes = () =>
    Promise.all(
      [0, 1, 2].map(() =>
        call(mine, 'f').then(
          () => 'ran',
          error => (error as Error).name,
        ),
      ),
    );
  expect((await outcomes()).sort()).toEqual(['TooManyRequestsException', 'ran', 'ran']);
  expect((await outcomes()).sort()).toEqual(['TooManyRequestsException', 'ran', 'ran']);
  now += 10_001;
  expect(await outcomes()).toEqual(['ran', 'ran', 'ran']);
  expect(other.sandboxes()).toHaveLength(3);
});

test('calls fail as often as a test wants, and are counted', async () => {
  const third = lambda.faults.add({
    action: 'Invoke',
    kind: 'throttle',
    every: 3,
    reason: 'CallerRateLimitExceeded',
    retryAfterSeconds: 2,
  });
  const outcomes = [];
  for (let n = 0; n < 6; n++) outcomes.push(await call(client, 'f').catch((error: unknown) => error));
  expect(outcomes.map(one => (one instanceof Error ? one.name : 'ok'))).toEqual([
    'ok',
    'ok',
    'TooManyRequestsException',
    'ok',
    'ok',
    'TooManyRequestsException',
  ]);
  expect(outcomes[2]).toMatchObject({ Reason: 'CallerRateLimitExceeded', retryAfterSeconds: '2' });
  expect(third.hits).toBe(2);
  third.remove();
  lambda.faults.add({ action: 'Invoke', kind: 'error', code: 'ServiceException', times: 1 });
  expect(await refusal(call(client, 'f'))).toMatchObject({ name: 'ServiceException', status: 500 });
  expect((await call(client, 'f')).error).toBeUndefined();
});

test('calls whose reply is lost have run all the same, those whose request is lost have not', async () => {
  const before = ran;
  lambda.faults.add({ action: 'Invoke', kind: 'reply-lost', times: 1 });
  expect((await refusal(call(client, 'f'))).message).toMatch(/socket hang up|ECONNRESET/);
  expect(ran).toBe(before + 1);
  expect(lambda.calls().at(-1)).toMatchObject({ outcome: 'ok', faults: ['reply-lost'] });
  lambda.faults.add({ action: 'Invoke', kind: 'request-lost', times: 1 });
  await refusal(call(client, 'f'));
  expect(ran).toBe(before + 1);
});

test('calls are killed, or slowed down by the network', async () => {
  lambda.faults.add({ action: 'Invoke', kind: 'killed', afterMs: 20, times: 1 });
  expect((await call(client, 'f', { ms: 5000 })).payload).toMatchObject({
    errorType: 'Runtime.ExitError',
    errorMessage: expect.stringMatching(/signal: killed$/),
  });
  lambda.faults.add({ action: 'Invoke', kind: 'slow-network', bytesPerSecond: 1_000_000, times: 1 });
  const begin = performance.now();
  await call(client, 'f', { text: 'x'.repeat(100_000) });
  expect(performance.now() - begin).toBeGreaterThan(190);
});

test('calls say what the function threw, and are refused what is not to be had here', async () => {
  expect(await call(client, 'f', { fails: true })).toMatchObject({
    error: 'Unhandled',
    payload: { errorType: 'TypeError', errorMessage: 'as asked' },
  });
  const send = (more: object) => client.send(new InvokeCommand({ FunctionName: 'f', ...more }));
  expect(await refusal(send({ InvocationType: 'Event' }))).toMatchObject({ name: 'InvalidParameterValueException' });
  expect(await refusal(send({ Payload: '{' }))).toMatchObject({
    name: 'InvalidRequestContentException',
    status: 400,
  });
  expect((await send({ InvocationType: 'DryRun' })).StatusCode).toBe(204);
});

test('roles are not ready at once, where a test wants it', async () => {
  lambda.faults.add({ action: 'CreateFunction', kind: 'role-not-ready', times: 1 });
  expect(await refusal(deploy(client, lambda.role, { name: 'late' }))).toMatchObject({
    name: 'InvalidParameterValueException',
    message: 'The role defined for the function cannot be assumed by Lambda.',
  });
  await deploy(client, lambda.role, { name: 'late' });
});
