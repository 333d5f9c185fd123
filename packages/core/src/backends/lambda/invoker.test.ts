import { expect, it } from 'vitest';
import { Invoker, type WantedCall } from './invoker.js';
import type { InvokeAnswer } from './lambda-api.js';
import { createFakeLambda, refusal, throttled } from './testing/fake-lambda.js';
import { fakeWorld } from './testing/fake-world.js';

const answer: InvokeAnswer = { payload: Buffer.from('1'), logTail: '' };

/** @param invoke what each sending does, by its number from 1 */
function setup(invoke: (sending: number, signal: AbortSignal) => unknown, most = 10) {
  const world = fakeWorld();
  const state = { sendings: 0, out: 0, mostOut: 0, remade: 0 };
  const api = {
    ...createFakeLambda(),
    async invoke(_name: string, _payload: Uint8Array, signal: AbortSignal) {
      state.sendings += 1;
      state.out += 1;
      state.mostOut = Math.max(state.mostOut, state.out);
      try {
        await invoke(state.sendings, signal);
        return answer;
      } finally {
        state.out -= 1;
      }
    },
  };
  const invoker = new Invoker({ api, world, most });
  const target = { ready: async () => 'f', gone: async () => void state.remade++ };
  const call = (more: Partial<WantedCall> = {}) =>
    invoker.invoke({ target, pack: async () => Buffer.from('{}'), signal: new AbortController().signal, ...more });
  return { world, state, invoker, call };
}

const turn = (): Promise<unknown> => new Promise(resolve => setImmediate(resolve));

it('ends every call of a throttle storm, each answered once', async () => {
  // Three of four are refused, for as long as many are out.
  const { state, call } = setup(async sending => {
    await turn();
    if (sending % 4 !== 0) throw throttled();
  }, 50);
  const ends = await Promise.all(Array.from({ length: 300 }, () => call()));
  expect(ends.every(end => end.kind === 'answered')).toBe(true);
  expect(state.mostOut).toBeLessThanOrEqual(50);
});

it('waits as long as AWS asks', async () => {
  const { world, call } = setup(sending => {
    if (sending === 1) throw throttled({ retryAfterSeconds: '7' });
  });
  await call();
  expect(world.slept).toEqual([7000]);
});

it('gives up on an account that lets nothing through for longer than any call runs', async () => {
  const { world, call } = setup(() => {
    throw throttled();
  });
  const before = world.nowMs;
  expect(await call()).toMatchObject({ kind: 'refused', error: { code: 'QUOTA' } });
  expect(world.nowMs - before).toBeGreaterThan(15 * 60_000);
});

it.each([
  ['a cut connection', Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })],
  ['a fault of the service', refusal('ServiceException', 500)],
  ['no answer in time', Object.assign(new Error('too long'), { name: 'TimeoutError', code: 'ETIMEDOUT' })],
])('never sends a call again that may have run: %s', async (_what, error) => {
  const { state, call } = setup(() => {
    throw error;
  });
  expect(await call()).toMatchObject({ kind: 'lost', error: { code: 'AGENT_LOST' } });
  expect(state.sendings).toBe(1);
});

it('sends a call again that never left', async () => {
  const { state, call } = setup(sending => {
    if (sending < 3) throw Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
  });
  expect((await call()).kind).toBe('answered');
  expect(state.sendings).toBe(3);
});

it('says soon that there is no network where there never was any', async () => {
  const { world, call } = setup(() => {
    throw Object.assign(new Error('who is that'), { code: 'ENOTFOUND' });
  });
  const before = world.nowMs;
  expect(await call()).toMatchObject({ kind: 'refused', error: { code: 'CLOUD_FAILED' } });
  expect(world.nowMs - before).toBeLessThan(16_000);
});

it('lets a function that is gone be made anew, once', async () => {
  const { state, call } = setup(sending => {
    if (sending !== 2) throw refusal('ResourceNotFoundException', 404);
  });
  expect((await call()).kind).toBe('answered');
  expect(await call()).toMatchObject({ kind: 'refused', error: { code: 'NOT_FOUND' } });
  expect(state.remade).toBe(2);
});

it('lets jobs that have more take turns', async () => {
  const { invoker, call } = setup(() => undefined, 1);
  const first: string[] = [];
  let heard: string[] = [];
  invoker.onRoom(() => heard.push('one'));
  invoker.onRoom(() => heard.push('other'));
  for (let i = 0; i < 4; i++) {
    heard = [];
    await call();
    first.push(heard[0]!);
  }
  expect(first).toEqual(['one', 'other', 'one', 'other']);
});

it('ends at once where nobody is known, and where a call is too large', async () => {
  const denied = setup(() => {
    throw refusal('UnrecognizedClientException', 403);
  });
  expect(await denied.call()).toMatchObject({ kind: 'refused', error: { code: 'NO_CREDENTIALS' } });
  const large = setup(() => {
    throw refusal('RequestTooLargeException', 413);
  });
  expect(await large.call()).toEqual({ kind: 'tooLarge' });
});

it('ends calls that are cancelled, be they out, resting or waiting to be let in', async () => {
  const abort = new AbortController();
  const { state, invoker, call } = setup((_sending, signal) => {
    return new Promise((_, reject) =>
      signal.addEventListener('abort', () => reject(Object.assign(new Error(), { name: 'AbortError' }))),
    );
  }, 1);
  const ends = [call({ signal: abort.signal }), call({ signal: abort.signal })];
  await turn();
  expect(state.sendings).toBe(1);
  abort.abort();
  expect(await Promise.all(ends)).toEqual([{ kind: 'cancelled', tookMs: 0 }, { kind: 'cancelled' }]);
  expect(invoker.free).toBe(1);
});

it('tells others of the room that a call leaves which is cancelled while it rests', async () => {
  const abort = new AbortController();
  const { world, invoker, call } = setup(() => {
    throw throttled();
  }, 1);
  const heard: number[] = [];
  world.sleep = (_ms, signal) =>
    new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error())));
  const end = call({ signal: abort.signal });
  await turn();
  invoker.onRoom(() => heard.push(invoker.free));
  expect(invoker.free).toBe(0);
  abort.abort();
  expect(await end).toEqual({ kind: 'cancelled' });
  expect(heard).toEqual([1]);
});

it('has all its room again where who hears of room cancels the call that made it', async () => {
  const abort = new AbortController();
  const { invoker, call } = setup(() => {
    throw throttled();
  }, 4);
  invoker.onRoom(() => abort.abort());
  expect(await call({ signal: abort.signal })).toEqual({ kind: 'cancelled' });
  expect(invoker.free).toBeGreaterThan(0);
});

it('has no room for new calls while old ones are to be sent again', async () => {
  const { world, invoker, call } = setup(sending => {
    if (sending === 1) throw throttled();
  }, 4);
  const free: number[] = [];
  world.sleep = async () => void free.push(invoker.free);
  await call();
  // One step back leaves room for one call, and that is the one that rests.
  expect(free).toEqual([0]);
  expect(invoker.free).toBeGreaterThan(0);
});
