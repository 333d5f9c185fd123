import { MegalithError } from '@megalith/agent';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type CallSurroundings, call, pauseMs, type Repeat } from './call.js';

/** A world whose clock moves by sleeping only. */
function world(): CallSurroundings & { readonly pauses: number[] } {
  const pauses: number[] = [];
  let now = 0;
  return {
    pauses,
    random: () => 0.5,
    now: () => now,
    sleep: async pause => {
      pauses.push(pause);
      now += pause;
    },
  };
}

function failing(...codes: string[]): { readonly attempts: () => number; readonly attempt: () => Promise<string> } {
  let attempts = 0;
  return {
    attempts: () => attempts,
    attempt: async () => {
      const code = codes[attempts++];
      if (code === undefined) return 'done';
      throw Object.assign(new Error(code), { name: code, $metadata: { httpStatusCode: 400 } });
    },
  };
}

async function errorOf(promise: Promise<unknown>): Promise<MegalithError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof MegalithError)) throw new Error('it should have failed', { cause: error });
  return error;
}

it('tries again with doubling pauses, longer ones where AWS throttles', async () => {
  const { attempt, attempts } = failing('InternalError', 'Unavailable', 'RequestLimitExceeded');
  const surroundings = world();
  await expect(call('RunInstances', attempt, 'always', {}, surroundings)).resolves.toBe('done');
  expect(attempts()).toBe(4);
  expect(surroundings.pauses).toEqual([50, 100, 1_000]);
});

it.each<[Repeat, string, number]>([
  ['always', 'InternalError', 2],
  ['refused', 'InternalError', 1],
  ['refused', 'ETIMEDOUT', 1],
  ['refused', 'ECONNRESET', 1],
  ['refused', 'RequestLimitExceeded', 2],
  ['always', 'InsufficientInstanceCapacity', 1],
  ['always', 'VcpuLimitExceeded', 1],
  ['always', 'ExpiredToken', 1],
  ['always', 'IdempotentParameterMismatch', 1],
  ['always', 'InvalidInstanceID.NotFound', 1],
])('with "%s" after %s it sends %i in all', async (repeat, code, expected) => {
  const { attempt, attempts } = failing(code);
  await call('X', attempt, repeat, {}, world()).catch(() => undefined);
  expect(attempts()).toBe(expected);
});

it('gives up after 10 s where nobody is ever reached, and not where somebody was', async () => {
  const refusing = async () => {
    throw Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
  };
  const unreached = world();
  await errorOf(call('DescribeSubnets', refusing, 'always', {}, unreached));
  expect(unreached.now()).toBeLessThan(10_000);
  let isFirst = true;
  const once = async () => {
    const code = isFirst ? 'ECONNRESET' : 'ECONNREFUSED';
    isFirst = false;
    throw Object.assign(new Error('connect'), { code });
  };
  const reached = world();
  await errorOf(call('DescribeSubnets', once, 'always', {}, reached));
  expect(reached.now()).toBeGreaterThan(50_000);
});

it('repeats whatever never left this computer', async () => {
  let attempts = 0;
  const attempt = async () => {
    if (++attempts === 1) throw Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
  };
  await call('CreateSecurityGroup', attempt, 'refused', {}, world());
  expect(attempts).toBe(2);
});

it('ends at its deadline with the last error, and does not wait for it', async () => {
  const { attempt } = failing(...Array.from({ length: 100 }, () => 'RequestLimitExceeded'));
  const surroundings = world();
  const error = await errorOf(call('RunInstances', attempt, 'always', { deadlineMs: 30_000 }, surroundings));
  expect(error).toMatchObject({ code: 'CLOUD_FAILED', details: { class: 'throttled' } });
  const slept = surroundings.pauses.reduce((sum, pause) => sum + pause, 0);
  expect(slept).toBeLessThan(30_000);
  expect(slept).toBeGreaterThan(10_000);
});

it('never waits longer than the limit of its class, and sometimes hardly', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), fc.double({ min: 0, max: 0.999999, noNaN: true }), (n, random) => {
      expect(pauseMs('throttled', n, random)).toBeLessThan(20_000);
      expect(pauseMs('transient', n, random)).toBeLessThan(5_000);
      expect(pauseMs('throttled', n, 0)).toBe(0);
      expect(pauseMs('throttled', n + 1, random)).toBeGreaterThanOrEqual(pauseMs('throttled', n, random));
    }),
  );
});

it('ends an attempt that heeds no signal', async () => {
  const error = await errorOf(call('X', () => new Promise(() => undefined), 'refused', { attemptMs: 20 }));
  expect(error).toMatchObject({ code: 'CLOUD_FAILED', details: { awsCode: 'ETIMEDOUT', class: 'transient' } });
});

it('ends with its caller’s signal, before, during and between attempts', async () => {
  expect(await errorOf(call('X', async () => 1, 'always', { signal: AbortSignal.abort() }))).toMatchObject({
    code: 'CANCELLED',
  });
  const during = new AbortController();
  const asked = call(
    'X',
    () => {
      during.abort();
      return new Promise(() => undefined);
    },
    'always',
    { signal: during.signal },
  );
  expect(await errorOf(asked)).toMatchObject({ code: 'CANCELLED' });
  const between = new AbortController();
  const { attempt, attempts } = failing('RequestLimitExceeded', 'RequestLimitExceeded');
  const surroundings: CallSurroundings = {
    ...world(),
    sleep: async () => {
      between.abort();
      between.signal.throwIfAborted();
    },
  };
  expect(await errorOf(call('X', attempt, 'always', { signal: between.signal }, surroundings))).toMatchObject({
    code: 'CANCELLED',
  });
  expect(attempts()).toBe(1);
});

it('hands over a reply that came although its caller had gone', async () => {
  const controller = new AbortController();
  const reply = Promise.resolve('i-1');
  const asked = call('RunInstances', () => reply, 'always', { signal: controller.signal });
  void reply.then(() => queueMicrotask(() => queueMicrotask(() => controller.abort())));
  await expect(asked).resolves.toBe('i-1');
});

it('lets a bug pass as what it is', async () => {
  const bug = new TypeError('x is not a function');
  await expect(call('X', () => Promise.reject(bug), 'always', {}, world())).rejects.toBe(bug);
});
