import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Candidate } from '../../backends/backend.js';
import { registerBackend } from '../../backends/registry.js';
import { declassify } from '../../labels/declassify.js';
import { getResult } from '../collect.js';
import { FunctionExecutor } from '../function-executor.js';
import { createFakeBackend, type FakeBackend, FakeFailure, type FakeTask } from '../testing/fake-backend.js';
import type { JobEvent } from '../types.js';

const GiB = 2 ** 30;
const laptop: Partial<Candidate> = { usableMemoryBytes: 4 * GiB };
const cloud = (fields: Partial<Candidate> = {}): Partial<Candidate> => ({
  kind: 'new',
  id: 'vm',
  site: { name: 'cloud', kind: 'cloud', region: 'eu-central-1', clearance: 'internal' },
  usableMemoryBytes: 1024 * GiB,
  cpus: 128,
  slots: 128,
  usdPerHour: 8,
  billing: { per: 'hour', usdPerHour: 8, minimumMs: 60_000, startMs: 60_000, idleTailMs: 0 },
  startMs: 60_000,
  ...fields,
});

let home: string;
let near: FakeBackend;
let far: FakeBackend;
let events: JobEvent[];

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'megalith-placing-'));
  events = [];
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** An executor with a laptop and a cloud, whose tasks do what the scripts say. */
function executorWith(
  scripts: { readonly near?: FakeTask; readonly far?: FakeTask } = {},
  places: { readonly near?: Partial<Candidate>; readonly far?: Partial<Candidate> } = {},
): FunctionExecutor {
  near = createFakeBackend(scripts.near ?? (() => 'near'), { name: 'near', candidate: places.near ?? laptop });
  far = createFakeBackend(scripts.far ?? (() => 'far'), { name: 'far', slots: 128, candidate: places.far ?? cloud() });
  registerBackend('near', () => near);
  registerBackend('far', () => far);
  return new FunctionExecutor({ backend: ['near', 'far'], home, onEvent: event => events.push(event) });
}

const configure = (config: object): void => writeFileSync(join(home, 'megalith.yaml'), JSON.stringify(config));
const audited = (): Record<string, unknown>[] =>
  readFileSync(join(home, 'audit', 'log.ndjson'), 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line));
const outOfMemory = (): never => {
  throw new FakeFailure({ code: 'OUT_OF_MEMORY', message: 'too big' });
};
const said = (values: unknown): string[] => (values as { toString(): string }[]).map(String);

describe('the place of a job', () => {
  it('is the nearest where that is free and has room, and nobody else is asked', async () => {
    await using executor = executorWith();
    expect(said(await executor.command('x', [1, 2]))).toEqual(['near', 'near']);
    expect(far.asked).toBe(0);
  });

  it('is another where the nearest has no room, and the log says so', async () => {
    await using executor = executorWith();
    const job = executor.command('x', [1], { memory: '8GiB', name: 'assemble' });
    expect(said(await job)).toEqual(['far']);
    expect(job.plan).toMatchObject({ chosen: { id: 'vm' }, label: 'internal' });
    expect(audited()).toMatchObject([
      { kind: 'placement', name: 'assemble', candidate: 'vm', clearance: 'internal', rejected: { OVER_MEMORY: 1 } },
    ]);
  });

  it('is never one that its data may not go to, and the log keeps the refusal', async () => {
    configure({ policy: { tags: { phi: 'restricted' } } });
    await using executor = executorWith();
    const job = executor.command('x', [1], { memory: '8GiB', tags: ['phi'] });
    await expect(job).rejects.toMatchObject({ code: 'POLICY', exitCode: 3 });
    expect(far.jobs).toEqual([]);
    expect(audited()).toMatchObject([{ kind: 'refusal', label: 'restricted', rule: 'tag "phi" is restricted' }]);
  });

  it('is bound by a deadline', async () => {
    await using executor = executorWith();
    const slow = { expected: '10m', deadline: '15m' };
    expect(said(await executor.command('x', Array(8).fill(0), slow))).toEqual(Array(8).fill('far'));
    expect(said(await executor.command('x', Array(8).fill(0), { expected: '10m' }))).toEqual(Array(8).fill('near'));
  });

  it('runs nothing that cannot be written into the log', async () => {
    writeFileSync(join(home, 'audit'), 'in the way');
    await using executor = executorWith();
    await expect(executor.command('x', [1])).rejects.toMatchObject({ code: 'JOURNAL_FAILED' });
    expect(near.jobs).toEqual([]);
  });
});

describe('a task that outgrows its place', () => {
  it('goes to a larger one, alone, with what was learned', async () => {
    await using executor = executorWith({ near: ({ index }) => (index === 1 ? outOfMemory() : 'near') });
    const job = executor.command('x', [0, 1, 2], { memory: '3GiB' });
    expect(said(await job)).toEqual(['near', 'far', 'near']);
    expect(far.taken).toMatchObject([{ index: 1, attempt: 2 }]);
    expect(far.jobs[0]!.requirements.memoryBytes).toBeGreaterThanOrEqual(4.5 * GiB);
    expect(events.filter(({ type }) => type === 'escalating')).toMatchObject([{ index: 1, from: 'here', to: 'vm' }]);
    expect(audited()).toMatchObject([
      { kind: 'placement' },
      { kind: 'escalation', task: 1, from: 'here', candidate: 'vm' },
    ]);
    expect(job.future(1).attempts).toMatchObject([{ failure: { code: 'OUT_OF_MEMORY' } }, { attempt: 2 }]);
  });

  it('stays where its data must stay, and the error says that no other place may have it', async () => {
    configure({ policy: { tags: { phi: 'restricted' } } });
    await using executor = executorWith({ near: outOfMemory });
    const job = executor.command('x', [0], { tags: ['phi'] });
    await expect(job).rejects.toMatchObject({ code: 'OUT_OF_MEMORY', message: expect.stringContaining('POLICY') });
    expect(far.jobs).toEqual([]);
  });

  it('stays where the budget ends', async () => {
    await using executor = executorWith({ near: outOfMemory });
    const job = executor.command('x', [0], { budget: 0.01 });
    await expect(job).rejects.toMatchObject({ code: 'OUT_OF_MEMORY', message: expect.stringContaining('OVER_BUDGET') });
  });

  it('leaves less of the budget for the next one, though it has cost nothing yet', async () => {
    await using executor = executorWith({ near: outOfMemory, far: () => 'far' });
    const usdOf = () => events.flatMap(event => (event.type === 'escalating' ? event.usd : []));
    await executor.command('x', [0]);
    const job = executor.command('x', [0, 1], { budget: 1.5 * usdOf()[0]! });
    expect(await job.ended()).toMatchObject({ done: 1, failed: 1 });
    expect(usdOf()).toHaveLength(2);
  });

  it('stays where the caller wants it to', async () => {
    await using executor = executorWith({ near: outOfMemory });
    await expect(executor.command('x', [0], { escalate: false })).rejects.toMatchObject({
      message: 'task 0 of "x": too big',
    });
    expect(far.asked).toBe(0);
  });
});

describe('a job that nobody knows', () => {
  it('is tried with a few tasks before the rest is placed', async () => {
    const dear = cloud({
      id: 'dear',
      usdPerHour: 1000,
      billing: { per: 'hour', usdPerHour: 1000, minimumMs: 60_000, startMs: 0, idleTailMs: 0 },
      startMs: 600_000,
    });
    await using executor = executorWith({}, { far: dear });
    // The cloud would be faster if tasks took long, which they do not.
    const job = executor.command('x', Array(100).fill(0), { objective: 'time' });
    await job.ended();
    expect(events.filter(({ type }) => type === 'planned')).toHaveLength(2);
    expect(job.plan).toMatchObject({ chosen: { id: 'here' }, profile: { source: 'probe' } });
    expect(near.taken).toHaveLength(100);
    expect(audited()).toMatchObject([{ candidate: 'dear', others: [{ candidate: 'here' }] }, { candidate: 'here' }]);
  });
});

describe('a job of small and large tasks', () => {
  it('is split, each part where it has room', async () => {
    await using executor = executorWith();
    const job = executor.command('x', [1, 16, 2, 32], { memory: (item: never) => `${item}GiB` });
    expect(said(await job)).toEqual(['near', 'far', 'near', 'far']);
    expect(job.plan?.parts?.map(({ candidate, tasks }) => [candidate.id, tasks])).toEqual([
      ['here', 2],
      ['vm', 2],
    ]);
    const [{ candidate, others } = {}] = audited() as { candidate?: string; others?: { candidate: string }[] }[];
    expect([candidate, ...(others ?? []).map(other => other.candidate)].toSorted()).toEqual(['here', 'vm']);
  });

  it('is refused where the sizes cannot be known before', async () => {
    await using executor = executorWith();
    const lazy = (function* () {
      yield 1;
    })();
    await expect(executor.command('x', lazy, { memory: () => '1GiB' })).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('what a job leaves', () => {
  it('has its label, also where another job makes something of it', async () => {
    configure({ policy: { tags: { phi: 'restricted' } } });
    await using executor = executorWith();
    const first = executor.command('x', [1], { tags: ['phi'] });
    const second = executor.command('x', first);
    await second;
    expect(second.plan).toMatchObject({ label: 'restricted', labelRule: 'job "x" is restricted' });
    const third = executor.command('x', [second.future(0)]);
    await third;
    expect(third.plan?.label).toBe('restricted');
  });

  it('is refused by a job with a lower label that comes upon it late', async () => {
    configure({ policy: { tags: { phi: 'restricted' } } });
    await using executor = executorWith();
    const first = executor.command('x', [1], { tags: ['phi'] });
    function* late(): Generator<unknown> {
      yield 1;
      yield first.future(0);
    }
    await expect(executor.command('x', late())).rejects.toMatchObject({
      code: 'POLICY',
      message: expect.stringContaining('"x" is internal, and an item that it reads, of job "x", is restricted'),
    });
    expect(await executor.command('x', late(), { label: 'restricted' })).toHaveLength(2);
  });

  it('has a lower label only once it is declassified, whole or in part', async () => {
    configure({ policy: { tags: { phi: 'restricted' } } });
    await using executor = executorWith();
    const first = executor.command('x', [1, 2], { tags: ['phi'] });
    const lower = { to: 'internal', reason: 'only counts are left', home } as const;
    for (const source of [await declassify(first, lower), await declassify(first.future(0), lower)]) {
      const next = executor.command('x', source);
      await next;
      expect(next.plan).toMatchObject({ label: 'internal', labelRule: 'what was declassified of job "x" is internal' });
    }
    expect(audited().filter(({ kind }) => kind === 'declassify')).toMatchObject([
      { what: ['job "x"'], was: 'restricted', to: 'internal' },
      { what: ['job "x"'] },
    ]);
    await expect(declassify(first, { ...lower, to: 'restricted' })).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('results of several executors', () => {
  it('are collected together, in the order in which they are named', async () => {
    await using one = executorWith();
    await using other = new FunctionExecutor({ backend: 'far', home });
    const jobs = [one.command('x', [1]), other.command('x', [2, 3])];
    expect(said(await getResult(jobs))).toEqual(['near', 'far', 'far']);
  });
});

describe('a job that a task starts', () => {
  it('is as sensitive as the task', async () => {
    await using executor = executorWith();
    const outer = executor.command('x', [1], { label: 'restricted' });
    await outer;
    vi.stubEnv('MEGALITH_LABEL', near.jobs[0]!.env.MEGALITH_LABEL);
    const inner = executor.command('x', [1]);
    await inner;
    vi.unstubAllEnvs();
    expect(inner.plan).toMatchObject({ label: 'restricted', labelRule: expect.stringContaining('is a task of') });
  });
});
