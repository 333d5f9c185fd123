import { randomBytes } from 'node:crypto';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LambdaEmulator } from './lambda-emulator.js';
import { findIsolation } from './sandboxes/isolation.js';
import { startLambda } from './start-lambda.js';
import { call, deploy, refusal, testClient } from './test-client.js';

const isolation = await findIsolation();
const kinds = isolation === undefined ? (['plain'] as const) : (['isolated', 'plain'] as const);

const everything = `
import { spawnSync } from 'node:child_process';
const deeds = {
  echo: async event => event,
  throw: async () => { throw new TypeError('no such thing'); },
  callback: null,
  exit: async ({ status }) => process.exit(status),
  hang: () => new Promise(() => setInterval(() => undefined, 1000)),
  large: async ({ bytes }) => 'x'.repeat(bytes),
  fill: async () => { const held = []; for (;;) held.push(Buffer.alloc(16 * 2 ** 20, held.length)); },
  unhandled: async () => { Promise.reject(new Error('nobody waits for it')); await new Promise(resolve => setTimeout(resolve, 1000)); },
  left: async (event, context) => context.getRemainingTimeInMillis(),
  env: async () => process.env,
  pid: async () => process.pid,
  tick: async () => {
    globalThis.ticks ??= 0;
    globalThis.timer ??= setInterval(() => { globalThis.ticks++; }, 5);
    await new Promise(resolve => setTimeout(resolve, 60));
    return globalThis.ticks;
  },
  disk: async ({ mib }) => spawnSync('fallocate', ['-l', mib + 'MiB', '/tmp/big']).status,
  owned: async () => spawnSync('sh', ['-c', 'touch "$LAMBDA_TASK_ROOT/new" 2>/dev/null; echo $?; id -u']).stdout.toString().split('\\n'),
};
export const handler = (event, context, callback) => {
  if (event.do === 'callback') { setTimeout(callback, 5, null, 'called back'); return; }
  console.log('doing', event.do);
  return deeds[event.do](event, context);
};
`;

describe.each(kinds)('a function in a sandbox that is %s', kind => {
  let lambda: LambdaEmulator;
  let client: LambdaClient;
  let name: string;
  beforeAll(async () => {
    lambda = await startLambda({ plain: kind === 'plain' });
    client = testClient(lambda);
    name = await deploy(client, lambda.role, {
      code: everything,
      memoryMib: 256,
      timeoutSeconds: 5,
      env: { MINE: 'yes' },
    });
  });
  afterAll(async () => {
    client.destroy();
    await lambda.close();
  });
  const doing = (what: string, more: object = {}) => call(client, name, { do: what, ...more });
  const lastRun = () => lambda.calls().at(-1)!.run!;

  test('answers, and says in its log what it cost', async () => {
    const { status, error, payload, version, log } = await doing('echo', { n: 1 });
    expect({ status, error, payload, version }).toEqual({
      status: 200,
      error: undefined,
      payload: { do: 'echo', n: 1 },
      version: '$LATEST',
    });
    const { requestId } = lastRun();
    const [start, printed, end, report] = log.split('\n');
    expect(start).toBe(`START RequestId: ${requestId} Version: $LATEST`);
    expect(printed).toBe('doing echo');
    expect(end).toBe(`END RequestId: ${requestId}`);
    expect(report).toMatch(
      /^REPORT RequestId: [\w-]{36}\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 256 MB\tMax Memory Used: \d+ MB\tInit Duration: [\d.]+ ms$/,
    );
    expect(lambda.logs(name)).toContain(log);
  });

  test('takes a callback as well as a promise, and knows how much time is left', async () => {
    expect((await doing('callback')).payload).toBe('called back');
    const left = (await doing('left')).payload as number;
    expect(left).toBeGreaterThan(3000);
    expect(left).toBeLessThanOrEqual(5000);
  });

  test('finds in its environment what Lambda puts there', async () => {
    const env = (await doing('env')).payload as Record<string, string>;
    expect(env).toMatchObject({
      MINE: 'yes',
      _HANDLER: 'index.handler',
      AWS_REGION: 'us-east-1',
      AWS_LAMBDA_FUNCTION_NAME: 'f',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
      AWS_SESSION_TOKEN: expect.any(String),
    });
  });

  test('is called again in the same sandbox, where nothing went on meanwhile', async () => {
    const { payload: pid } = await doing('pid');
    const first = (await doing('tick')).payload as number;
    expect(first).toBeGreaterThan(2);
    const [sandbox] = lambda.sandboxes();
    expect(sandbox!.state).toBe('idle');
    expect(sandbox!.processes.length).toBeGreaterThan(0);
    expect(sandbox!.processes.map(({ state }) => state)).toEqual(sandbox!.processes.map(() => 'T'));
    await new Promise(resolve => setTimeout(resolve, 300));
    const second = (await doing('tick')).payload as number;
    expect(second - first).toBeLessThan(40);
    expect((await doing('pid')).payload).toBe(pid);
    expect(lastRun().isCold).toBe(false);
  });

  test('says what it threw, and can be called again', async () => {
    const { error, payload } = await doing('throw');
    expect(error).toBe('Unhandled');
    expect(payload).toMatchObject({ errorType: 'TypeError', errorMessage: 'no such thing', trace: expect.any(Array) });
    expect((await doing('echo')).error).toBeUndefined();
    expect(lastRun().isCold).toBe(false);
  });

  test('that rejects out of the blue ends with that, and its sandbox too', async () => {
    const { error, payload } = await doing('unhandled');
    expect(error).toBe('Unhandled');
    expect(payload).toMatchObject({ errorType: 'Runtime.UnhandledPromiseRejection' });
    await doing('echo');
    expect(lastRun().isCold).toBe(true);
  });

  test.each([
    [3, 'Runtime exited with error: exit status 3'],
    [0, 'Runtime exited without providing a reason'],
  ])('that exits with %i is told from one that threw', async (status, words) => {
    const { error, payload, log } = await doing('exit', { status });
    const { requestId } = lastRun();
    expect(error).toBe('Unhandled');
    expect(payload).toEqual({
      errorType: 'Runtime.ExitError',
      errorMessage: `RequestId: ${requestId} Error: ${words}`,
    });
    expect(log).toContain(`RequestId: ${requestId} Error: ${words}\nRuntime.ExitError\n`);
    await doing('echo');
    expect(lastRun().isCold).toBe(true);
  });

  test('is killed as a whole when its memory is used up', async () => {
    const { error, payload, log } = await doing('fill');
    expect(error).toBe('Unhandled');
    expect(payload).toMatchObject({
      errorType: 'Runtime.ExitError',
      errorMessage: expect.stringMatching(/Error: Runtime exited with error: signal: killed$/),
    });
    expect(log).toContain('Memory Size: 256 MB\tMax Memory Used: 256 MB');
  });

  test('may not answer more than 6 MB, nor be asked more', async () => {
    const { error, payload } = await doing('large', { bytes: 6_291_555 });
    expect(error).toBe('Unhandled');
    expect(payload).toEqual({
      errorType: 'Function.ResponseSizeTooLarge',
      errorMessage: 'Response payload size (6291557 bytes) exceeded maximum allowed payload size (6291556 bytes).',
    });
    expect((await doing('large', { bytes: 6_291_554 })).error).toBeUndefined();
    const refused = await refusal(call(client, name, { do: 'echo', text: randomBytes(3_200_000).toString('hex') }));
    expect(refused).toMatchObject({ name: 'RequestEntityTooLargeException', status: 413 });
    expect(refused.message).toMatch(
      /^\d+ byte payload is too large for the RequestResponse invocation type \(limit 6291456 bytes\)$/,
    );
  });

  test.skipIf(kind === 'plain')('has a disk of its own at /tmp, of the size that was asked for', async () => {
    expect((await doing('disk', { mib: 450 })).payload).toBe(0);
    expect((await doing('disk', { mib: 520 })).payload).toBe(1);
  });

  test.skipIf(kind === 'plain')('cannot write elsewhere, and is not root', async () => {
    const [touched, user] = (await doing('owned')).payload as string[];
    expect(touched).not.toBe('0');
    expect(user).toBe(String(isolation?.uid));
  });
});

describe('a function that does not start', () => {
  let lambda: LambdaEmulator;
  let client: LambdaClient;
  beforeAll(async () => {
    lambda = await startLambda();
    client = testClient(lambda);
  });
  afterAll(async () => {
    client.destroy();
    await lambda.close();
  });

  test('because its module throws says so, after a second try', async () => {
    const name = await deploy(client, lambda.role, { name: 'throws', code: "throw new RangeError('at load')" });
    const { error, payload, log } = await call(client, name);
    expect(error).toBe('Unhandled');
    expect(payload).toMatchObject({ errorType: 'RangeError', errorMessage: 'at load' });
    expect(log).toMatch(/INIT_REPORT Init Duration: [\d.]+ ms\tPhase: init\tStatus: error\tError Type: RangeError/);
    expect(log).toMatch(/Phase: invoke\tStatus: error/);
  });

  test('because there is no such handler says so', async () => {
    const name = await deploy(client, lambda.role, { name: 'wrong', handler: 'other.handler' });
    expect((await call(client, name)).payload).toMatchObject({ errorType: 'Runtime.ImportModuleError' });
  });

  test('in its time has the time of the call for a second try', async () => {
    await using hasty = await startLambda({ initTimeoutMs: 500 });
    const mine = testClient(hasty);
    const code =
      "await new Promise(resolve => setTimeout(resolve, 900));\nexport const handler = async () => 'slow start'";
    const name = await deploy(mine, hasty.role, { name: 'slow', code, timeoutSeconds: 9 });
    const { payload, log } = await call(mine, name);
    expect(payload).toBe('slow start');
    expect(log).toMatch(/INIT_REPORT Init Duration: [\d.]+ ms\tPhase: init\tStatus: timeout/);
    const never = await deploy(mine, hasty.role, {
      name: 'never',
      code: 'await new Promise(r => setTimeout(r, 60_000))',
      timeoutSeconds: 1,
    });
    expect((await call(mine, never)).payload).toMatchObject({
      errorType: 'Sandbox.Timedout',
      errorMessage: expect.stringMatching(/^RequestId: [\w-]{36} Error: Task timed out after 1.00 seconds$/),
    });
  });

  test('or does not end is killed at its time limit', async () => {
    const code = 'export const handler = () => new Promise(() => setInterval(() => undefined, 1000))';
    const name = await deploy(client, lambda.role, { name: 'hangs', code, timeoutSeconds: 1 });
    const { error, payload, log } = await call(client, name);
    const { requestId, durationMs } = lambda.calls().at(-1)!.run!;
    expect(error).toBe('Unhandled');
    expect(payload).toEqual({
      errorType: 'Sandbox.Timedout',
      errorMessage: `RequestId: ${requestId} Error: Task timed out after 1.00 seconds`,
    });
    expect(durationMs).toBeGreaterThanOrEqual(1000);
    expect(log).toContain(`${requestId} Task timed out after 1.00 seconds`);
    expect(log).toContain('Status: timeout');
    expect(lambda.sandboxes().some(({ functionName }) => functionName === name)).toBe(false);
  });
});
