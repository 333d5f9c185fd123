import type { FunctionWork, TaskEvent } from '@megalith/agent';
import { expect, it } from 'vitest';
import { cheapest } from '../../placement/goal.js';
import { unknownProfile } from '../../placement/job-profile.js';
import type { Backend, BackendJob, Candidate, JobRequest } from '../backend.js';
import { compiledFunctionPrices } from './function-prices.js';
import { createLambdaBackend, type LambdaSetup } from './lambda-backend.js';
import { createFakeLambda, type FakeScript, fault, reportLine, throttled } from './testing/fake-lambda.js';
import { fakeWorld, notesInMemory } from './testing/fake-world.js';
import { testCode, testSettings } from './testing/settings.js';

const request: JobRequest = {
  id: 'job-1',
  name: 'double',
  requirements: { cpus: 1, graceMs: 0 },
  tags: [],
  label: 'internal',
  goal: cheapest,
  profile: unknownProfile,
};

const work: FunctionWork = {
  kind: 'function',
  bundle: { hash: 'ab', code: 'export default () => x => x', captured: new Uint8Array() },
  isolation: 'process',
  shared: [],
};

function setup(script?: FakeScript, more: Partial<LambdaSetup> = {}) {
  const api = createFakeLambda(script);
  const world = fakeWorld();
  const backend = createLambdaBackend({
    settings: testSettings,
    api,
    code: async () => testCode,
    notes: notesInMemory(),
    prices: compiledFunctionPrices('us-east-1'),
    world,
    ...more,
  });
  return { api, world, backend };
}

/** A source that gives its items once, one attempt each. */
function sourceOf(items: readonly unknown[]): BackendJob['tasks'] {
  let next = 0;
  return {
    take: max => items.slice(next, next + max).map(item => ({ index: next++, attempt: 1, item })),
    ready: async () => undefined,
    get ended() {
      return next >= items.length;
    },
    taskCount: items.length,
  };
}

const jobOf = (items: readonly unknown[], more: Partial<BackendJob> = {}): BackendJob => ({
  ...request,
  work,
  shared: [],
  env: {},
  tasks: sourceOf(items),
  ...more,
});

async function placeOf(backend: Backend, memoryMib = 1769): Promise<Candidate> {
  const all = await backend.offers(request);
  return all.find(({ id }) => id === `lambda us-east-1 ${memoryMib}MiB arm64`)!;
}

async function eventsOf(events: AsyncIterable<readonly TaskEvent[]>): Promise<TaskEvent[]> {
  const all: TaskEvent[] = [];
  for await (const batch of events) all.push(...batch);
  return all;
}

const lastOf = (events: readonly TaskEvent[]) =>
  events.filter(event => event.type === 'done' || (event.type === 'failed' && event.retrying !== true));

it('runs a job to its end, each task once, with its cost', async () => {
  const { backend } = setup();
  const items = Array.from({ length: 2000 }, (_, i) => i);
  const run = backend.run(jobOf(items), await placeOf(backend));
  const events = await eventsOf(run.events);
  expect(events.map(event => event.type === 'done' && event.value).sort((a, b) => Number(a) - Number(b))).toEqual(
    items.map(item => item * 2),
  );
  expect(run.costUsd?.()).toBeGreaterThan(0);
  await backend.close();
});

it('begins with one task a call, and puts more into one where they prove to be short', async () => {
  const { api, backend } = setup(undefined, { slots: 4 });
  const run = backend.run(jobOf(Array.from({ length: 1000 }, (_, i) => i)), await placeOf(backend));
  await eventsOf(run.events);
  expect(api.calls[0]?.tasks).toHaveLength(1);
  expect(api.calls.length).toBeLessThan(100);
  expect(api.mostAtOnce).toBe(4);
});

it('loses no task and counts none twice in a throttle storm', async () => {
  let sent = 0;
  const { backend } = setup(({ tasks }) => {
    if (++sent % 3 !== 0) throw throttled();
    return { values: tasks.map(() => 1) };
  });
  const run = backend.run(jobOf(Array.from({ length: 500 }, (_, i) => i)), await placeOf(backend));
  const last = lastOf(await eventsOf(run.events));
  expect(last.map(event => event.index).sort((a, b) => a - b)).toEqual(Array.from({ length: 500 }, (_, i) => i));
  expect(last.every(event => event.type === 'done' && event.attempt === 1)).toBe(true);
});

it('finds the one task of a call that kills it, and lets the others end well', async () => {
  const killed = fault('Runtime.ExitError', 'Error: Runtime exited with error: signal: killed', reportLine(1769));
  const { backend } = setup(({ tasks }) =>
    tasks.some(({ item }) => item === 'bad') ? killed : { values: tasks.map(({ item }) => item) },
  );
  const items = Array.from({ length: 300 }, (_, i) => (i === 250 ? 'bad' : i));
  const run = backend.run(jobOf(items), await placeOf(backend, 512));
  const last = lastOf(await eventsOf(run.events));
  expect(last).toHaveLength(300);
  const failures = last.filter(event => event.type === 'failed');
  expect(failures).toEqual([
    expect.objectContaining({ index: 250, failure: expect.objectContaining({ code: 'OUT_OF_MEMORY' }) }),
  ]);
});

it('sends tasks that came back unbegun to another call, as the same attempt', async () => {
  const { api, backend } = setup(({ number, tasks }) =>
    number === 1 ? { returned: tasks.map(({ index }) => index) } : { values: tasks.map(() => 1) },
  );
  const run = backend.run(jobOf([1]), await placeOf(backend));
  expect(lastOf(await eventsOf(run.events))).toEqual([expect.objectContaining({ type: 'done', attempt: 1 })]);
  expect(api.calls).toHaveLength(2);
});

it('refuses a job whose label is above its clearance, whatever the planner said', async () => {
  const { backend } = setup();
  const place = await placeOf(backend);
  expect(() => backend.run(jobOf([1], { label: 'restricted' }), place)).toThrow(
    expect.objectContaining({ code: 'POLICY' }),
  );
});

it('refuses an item that is too large for a call, and says what to do', async () => {
  const { backend } = setup();
  const { randomBytes } = await import('node:crypto');
  const run = backend.run(jobOf([randomBytes(6 * 2 ** 20)]), await placeOf(backend));
  expect(await eventsOf(run.events)).toEqual([
    expect.objectContaining({
      failure: expect.objectContaining({ code: 'OVER_PAYLOAD', hint: expect.stringContaining('store') }),
    }),
  ]);
});

it('takes an item that cannot travel for a failure of its task', async () => {
  const { backend } = setup();
  const run = backend.run(jobOf([() => 1, 2]), await placeOf(backend));
  const last = lastOf(await eventsOf(run.events));
  expect(last.map(event => [event.index, event.type])).toEqual(
    expect.arrayContaining([
      [0, 'failed'],
      [1, 'done'],
    ]),
  );
});

it('ends tasks that are cancelled at once, and aborts their calls', async () => {
  const { api, backend } = setup(
    ({ signal }) =>
      new Promise((_, reject) =>
        signal.addEventListener('abort', () => reject(Object.assign(new Error(), { name: 'AbortError' }))),
      ),
  );
  const run = backend.run(jobOf([1, 2, 3]), await placeOf(backend));
  const events = eventsOf(run.events);
  while (api.calls.length < 3) await new Promise(resolve => setImmediate(resolve));
  run.cancel('enough', [1]);
  expect(api.calls.map(call => call.signal.aborted)).toEqual([false, true, false]);
  run.cancel('enough');
  expect((await events).map(event => event.type === 'failed' && event.failure.code)).toEqual(
    Array(3).fill('CANCELLED'),
  );
  await backend.close();
});

it('holds no more of large items than calls may have out', async () => {
  const { backend } = setup(
    ({ tasks }) => new Promise(resolve => setImmediate(resolve, { values: tasks.map(() => 1) })),
  );
  const item = Buffer.alloc(2 ** 20);
  let taken = 0;
  let ended = 0;
  let mostHeld = 0;
  const count = 300;
  const tasks: BackendJob['tasks'] = {
    take(max) {
      const inputs = Array.from({ length: Math.min(max, count - taken) }, () => ({ index: taken++, attempt: 1, item }));
      mostHeld = Math.max(mostHeld, taken - ended);
      return inputs;
    },
    ready: async () => undefined,
    get ended() {
      return taken >= count;
    },
    taskCount: count,
  };
  const run = backend.run(jobOf([], { tasks }), await placeOf(backend));
  for await (const batch of run.events) ended += lastOf(batch).length;
  expect(ended).toBe(count);
  expect(mostHeld).toBeLessThan(280);
});

it('keeps a task that was sent again apart from what its cancelled call gives back', async () => {
  let answer = (): void => undefined;
  const { api, backend } = setup(({ number, tasks }) =>
    number > 1
      ? { values: tasks.map(() => 1) }
      : new Promise(resolve => {
          answer = () => resolve({ returned: tasks.map(({ index }) => index) });
        }),
  );
  let wake = (): void => undefined;
  const inputs = [{ index: 0, attempt: 1, item: 1 }];
  let isOver = false;
  const tasks: BackendJob['tasks'] = {
    take: () => inputs.splice(0),
    ready: () =>
      new Promise(resolve => {
        wake = resolve;
      }),
    get ended() {
      return isOver;
    },
    taskCount: 1,
  };
  const run = backend.run(jobOf([], { tasks }), await placeOf(backend));
  const events = eventsOf(run.events);
  while (api.calls.length < 1) await new Promise(resolve => setImmediate(resolve));
  run.cancel('slow', [0]);
  inputs.push({ index: 0, attempt: 2, item: 1 });
  wake();
  answer();
  while (api.calls.length < 2) await new Promise(resolve => setImmediate(resolve));
  isOver = true;
  wake();
  const last = lastOf(await events);
  expect(last.map(({ type, attempt }) => [type, attempt])).toEqual([
    ['failed', 1],
    ['done', 2],
  ]);
  expect(api.calls).toHaveLength(2);
});

it('counts what a cancelled call took until then: AWS is paid for it', async () => {
  const { api, world, backend } = setup(
    ({ signal }) =>
      new Promise((_, reject) =>
        signal.addEventListener('abort', () => reject(Object.assign(new Error(), { name: 'AbortError' }))),
      ),
  );
  const run = backend.run(jobOf([1]), await placeOf(backend));
  while (api.calls.length < 1) await new Promise(resolve => setImmediate(resolve));
  world.nowMs += 60_000;
  expect(run.costUsd?.()).toBeGreaterThanOrEqual(0.2e-6);
  run.cancel('enough');
  // The job's cost is asked for when its events end, and its calls may end after that.
  expect(run.costUsd?.()).toBeGreaterThanOrEqual(0.2e-6);
  await eventsOf(run.events);
  await backend.close();
  expect(run.costUsd?.()).toBeCloseTo(60 * (1769 / 1024) * 0.000_013_333_4 + 0.2e-6, 9);
});

it('makes offers without starting anything', async () => {
  const { api, backend } = setup();
  const offers = await backend.offers({ ...request, taskCount: 10 });
  expect(offers.map(({ id }) => id)).toEqual([
    'lambda us-east-1 512MiB arm64',
    'lambda us-east-1 1769MiB arm64',
    'lambda us-east-1 10240MiB arm64',
  ]);
  expect(offers[1]).toMatchObject({
    kind: 'function',
    site: { name: 'lambda us-east-1', kind: 'cloud', region: 'us-east-1', clearance: 'internal' },
    cpus: 1,
    slots: 10,
    billing: { per: 'gib-second', memoryGib: 1769 / 1024, usdPerGibSecond: 0.0000133334 },
  });
  expect(offers.every(({ rejected }) => rejected === undefined)).toBe(true);
  await backend.offers(request);
  expect(api.asked).toEqual(['GetAccountSettings']);
});

it.each(['files', 'detach'] as const)('says that functions cannot do "%s"', async want => {
  const { backend } = setup();
  const offers = await backend.offers({ ...request, wants: [want] });
  expect(offers.map(({ rejected }) => rejected?.reason)).toEqual(Array(3).fill('NOT_CONFIGURED'));
});

it('offers what most accounts have where AWS does not say, and nothing without credentials', async () => {
  const { api, backend } = setup();
  api.unreservedConcurrency = async () => {
    throw Object.assign(new Error('no'), { name: 'AccessDeniedException', $metadata: { httpStatusCode: 403 } });
  };
  const [offer] = await backend.offers(request);
  expect([offer?.slots, offer?.description, offer?.rejected]).toEqual([
    1000,
    expect.stringContaining('1000 at once assumed'),
    undefined,
  ]);
  const other = setup();
  other.api.unreservedConcurrency = async () => {
    throw Object.assign(new Error('Could not load credentials'), { name: 'CredentialsProviderError' });
  };
  expect((await other.backend.offers(request))[0]?.rejected).toMatchObject({ reason: 'NOT_CONFIGURED' });
});
