import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FunctionExecutor, openStore } from '@megalith/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../../conformance/eventually.js';
import { failureOf } from '../../conformance/failure-of.js';
import { holdMemory, rest } from '../../conformance/tasks/load.js';
import { type LambdaHere, lambdaHere } from './lambda-here.js';

/** Functions with processes, limits and a store: what happens to tasks in them. */
let here: LambdaHere;
let executor: FunctionExecutor;

beforeAll(async () => {
  here = await lambdaHere({ concurrency: 3, withStore: true, section: { memory: ['512MiB'] } });
  executor = new FunctionExecutor({ backend: 'lambda', home: here.home });
});
afterAll(async () => {
  await executor?.close();
  await here?.close();
});

const mib = 2 ** 20;

test('a task that takes more memory than its function has fails for that, and no other with it', async () => {
  const job = executor.map(holdMemory, [mib, 2048 * mib, 2 * mib], { escalate: false, expected: '100ms' });
  await job.ended();
  expect([...job].map(({ state }) => state)).toEqual(['done', 'failed', 'done']);
  const [attempt] = job.future(1).attempts;
  expect(attempt?.failure).toMatchObject({ code: 'OUT_OF_MEMORY', hint: expect.stringContaining('--memory') });
  expect(await executor.callAsync(holdMemory, mib)).toBe(mib);
});

test('a task that takes longer than its function may fails for that', async () => {
  const brief = await lambdaHere({ section: { memory: ['512MiB'], timeout: '4s' } });
  try {
    await using other = new FunctionExecutor({ backend: 'lambda', home: brief.home });
    const failure = await failureOf(other.callAsync(rest, 60_000, { escalate: false, expected: '100ms' }));
    expect([failure.code, failure.exitCode]).toEqual(['TIMED_OUT', 7]);
  } finally {
    await brief.close();
  }
});

test('a task has its own time limit too', async () => {
  const options = { timeout: '300ms', escalate: false, expected: '100ms' } as const;
  expect(await failureOf(executor.callAsync(rest, 60_000, options))).toMatchObject({ code: 'TIMED_OUT' });
});

test('an item and a result that are too large for a call go through the store, and nothing is left there', async () => {
  const item = randomBytes(7 * mib);
  const result = await executor.callAsync((bytes: Uint8Array) => bytes, item, { expected: '100ms' });
  expect(Buffer.compare(Buffer.from(result), item)).toBe(0);
  const { stores } = JSON.parse(readFileSync(join(here.home, 'megalith.yaml'), 'utf8'));
  const store = await openStore({ name: 'spill', clearance: 'internal', ...stores.spill });
  try {
    await eventually('nothing is left in the store', async () => {
      for await (const _ of store.list('spill/')) return false;
      return true;
    });
  } finally {
    store.close();
  }
});

test('a large shared input goes to the store once, and every call has it', async () => {
  const table = new Uint8Array(randomBytes(8 * mib));
  const at = (index: number, { shared }: { shared: Readonly<Record<string, unknown>> }) =>
    (shared.table as Uint8Array)[index];
  const places = [0, 1000, 8 * mib - 1];
  const values = await executor.map(at, places, { shared: { table }, expected: '100ms' });
  expect(values).toEqual(places.map(place => table[place]));
});

test('what carries secrets goes through no store', async () => {
  const options = { secrets: { TOKEN: 'not-for-disks' }, expected: '100ms' } as const;
  const failure = await failureOf(
    executor.callAsync((bytes: Uint8Array) => bytes.length, randomBytes(7 * mib), options),
  );
  expect(failure.code).toBe('OVER_PAYLOAD');
});

test('data that is not cleared for functions does not go there', async () => {
  const failure = await failureOf(executor.callAsync(rest, 1, { label: 'confidential' }));
  expect(failure.exitCode).toBe(3);
  expect(failure.message).toContain('confidential');
});
