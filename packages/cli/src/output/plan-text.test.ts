import type { Candidate, CandidateKind, Estimate, Plan, Rejection } from '@megalith/core';
import { describe, expect, it } from 'vitest';
import { planJson } from './plan-json.js';
import { planText } from './plan-text.js';

interface Sketch {
  readonly backend?: string;
  readonly kind?: CandidateKind;
  readonly usdPerHour?: number;
  readonly estimate?: Estimate;
  readonly rejected?: Rejection;
}

function candidate(id: string, { backend = 'lambda', kind = 'function', usdPerHour = 0, ...more }: Sketch): Candidate {
  return {
    backend,
    id,
    kind,
    site: { name: id, kind: kind === 'here' ? 'here' : 'cloud', clearance: 'internal' },
    description: id,
    cpus: 2,
    usableMemoryBytes: 2 ** 31,
    slots: 1000,
    usdPerHour,
    billing:
      usdPerHour === 0 ? { per: 'nothing' } : { per: 'hour', usdPerHour, minimumMs: 60_000, startMs: 0, idleTailMs: 0 },
    startMs: 300,
    ...more,
  };
}

const estimate = (usd: number, ms: number): Estimate => ({ usd, ms, slowUsd: usd, slowMs: ms });
const chosen = candidate('lambda us-east-1 1769MiB', { usdPerHour: 0.1, estimate: estimate(0.004, 12_000) });
const here = candidate('here', {
  backend: 'local',
  kind: 'here',
  estimate: estimate(0, 4_000_000),
  rejected: { reason: 'MISSES_DEADLINE', explanation: 'takes up to 1h6m, and the deadline is 1h' },
});
const small = candidate('lambda us-east-1 128MiB', {
  usdPerHour: 0.1,
  rejected: { reason: 'OVER_MEMORY', explanation: 'a task needs 1.5GiB', hint: 'ask for less' },
});
const many = (count: number, reason: 'DEARER' | 'OVER_MEMORY') =>
  Array.from({ length: count }, (_, i) =>
    candidate(`${reason} ${i}`, { rejected: { reason, explanation: 'it is so' } }),
  );

const plan: Plan = {
  chosen,
  candidates: [chosen, here, small],
  reason: 'lambda us-east-1 1769MiB: $0.004 in about 12s; the only one that can take it',
  label: 'internal',
  labelRule: `the policy's default is internal`,
  goal: { objective: 'cost', deadlineMs: 3_600_000 },
  profile: { taskMs: { p50: 2000, p90: 9000 }, source: 'history', memoryBytes: 1.5 * 2 ** 30 },
};

describe('a plan for people', () => {
  it('says of each place what the job takes there, and why it is not the one', () => {
    expect(planText(plan, { tasks: 240, all: false })).toMatchInlineSnapshot(`
      "   BACKEND  WHERE                     CPUS  MEMORY  SLOTS    COST  TIME  WHY
      >  lambda   lambda us-east-1 1769MiB     2    2GiB   1000  $0.004   12s  chosen
         local    here                         2    2GiB   1000    free  1h7m  MISSES_DEADLINE: takes up to 1h6m, and the deadline is 1h
         lambda   lambda us-east-1 128MiB      2    2GiB   1000       -     -  OVER_MEMORY: a task needs 1.5GiB
      label: internal (the policy's default is internal)
      tasks: 240, each about 2s (the slowest tenth 9s) with 1.5GiB, by earlier runs
      lambda us-east-1 1769MiB: $0.004 in about 12s; the only one that can take it
      "
    `);
  });

  it('says which tasks go where, where they go to several places', () => {
    const parts = [
      { candidate: chosen, tasks: 230, estimate: estimate(0.003, 9000) },
      { candidate: here, tasks: 10, estimate: estimate(0, 300_000) },
    ];
    const text = planText({ ...plan, parts }, { tasks: 240, all: false });
    expect(text).toMatch(/^> +lambda .* \$0.003 +9s +chosen for 230 of the tasks$/m);
    expect(text).toMatch(/^> +local .* free +5m +chosen for 10 of the tasks$/m);
    const json = JSON.parse(JSON.stringify(planJson({ ...plan, parts })));
    expect(json.parts).toMatchObject([
      { id: chosen.id, tasks: 230 },
      { id: 'here', tasks: 10 },
    ]);
  });

  it('says what nobody knows', () => {
    const unknown: Plan = { ...plan, profile: { taskMs: { p50: 60_000, p90: 60_000 }, source: 'guess' } };
    expect(planText(unknown, { all: false })).toContain(
      'tasks: as many as there will be, each about 1m, which is a guess: --expected tells\n',
    );
    expect(planText(unknown, { tasks: 1, all: false })).toContain('tasks: 1, about 1m, which is a guess');
    const said: Plan = { ...plan, profile: { taskMs: { p50: 60_000, p90: 60_000 }, source: 'said' } };
    expect(planText(said, { tasks: 2, all: false })).toContain('tasks: 2, each about 1m, as was said\n');
  });

  it('counts what there is beyond the first twelve, unless all are asked for', () => {
    const candidates = [chosen, ...many(40, 'DEARER'), ...many(3, 'OVER_MEMORY')];
    const text = planText({ ...plan, candidates }, { tasks: 1, all: false });
    expect(text.split('\n')).toHaveLength(1 + 12 + 1 + 3 + 1);
    expect(text).toContain('and 32 more: DEARER 29, OVER_MEMORY 3 (all with --all)\n');
    expect(planText({ ...plan, candidates }, { tasks: 1, all: true })).toContain('OVER_MEMORY 2');
  });

  it('has no table where no backend offers a place', () => {
    const none: Plan = { ...plan, chosen: undefined, candidates: [], reason: 'no backend offers a place' };
    expect(planText(none, { tasks: 1, all: false })).toMatch(
      /^label: internal .*\ntasks: .*\nno backend offers a place\n$/,
    );
  });
});

it('a plan for programs has every field of every candidate, whatever is known', () => {
  const json = JSON.parse(JSON.stringify(planJson(plan)));
  expect(Object.keys(json)).toEqual([
    'chosen',
    'candidates',
    'parts',
    'reason',
    'label',
    'labelRule',
    'goal',
    'profile',
  ]);
  const keys = json.candidates.map((one: object) => Object.keys(one).join());
  expect(new Set(keys)).toEqual(
    new Set(['backend,id,kind,site,description,cpus,memoryBytes,slots,usdPerHour,startMs,estimate,rejected']),
  );
  expect(json.chosen).toEqual(json.candidates[0]);
  expect(json.candidates[2]).toMatchObject({
    estimate: null,
    rejected: { reason: 'OVER_MEMORY', hint: 'ask for less' },
  });
  expect(JSON.parse(JSON.stringify(planJson({ ...plan, chosen: undefined })))).toMatchObject({ chosen: null });
});
