import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isLower, type Label } from '../protocol/label.js';
import type { LeaseRequest } from '../protocol/machine-messages.js';
import { endLease, judgeLease, type LeaseFacts, type LeaseRecord, leaseNow, longestTtlMs } from './judge-lease.js';

const capacity = { cpus: 8, memoryBytes: 1000 };
const alone: LeaseFacts = {
  agent: 'a1',
  otherAgents: new Set(),
  isShared: false,
  jobs: [],
  isClosed: false,
  capacity,
};

const label: fc.Arbitrary<Label> = fc.constantFrom('public', 'internal', 'confidential', 'restricted');
const holder = fc.record({ owner: fc.constantFrom('ann', 'bob'), job: fc.constantFrom('j1', 'j2', 'j3') });
const request: fc.Arbitrary<LeaseRequest> = fc.record({
  type: fc.constant('lease' as const),
  holder,
  label,
  requirements: fc.record({ cpus: fc.integer({ min: 1, max: 9 }), memoryBytes: fc.integer({ min: 0, max: 1100 }) }),
  ttlMs: fc.nat(500),
});

type Step =
  | { readonly deed: 'ask'; readonly request: LeaseRequest }
  | { readonly deed: 'end'; readonly holder: LeaseRequest['holder'] }
  | { readonly deed: 'wait'; readonly ms: number }
  | { readonly deed: 'bring job'; readonly job: string }
  | { readonly deed: 'end job'; readonly job: string }
  | { readonly deed: 'close' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ deed: fc.constant('ask' as const), request }) },
  fc.record({ deed: fc.constant('end' as const), holder }),
  fc.record({ deed: fc.constant('wait' as const), ms: fc.nat(400) }),
  fc.record({
    deed: fc.constantFrom('bring job' as const, 'end job' as const),
    job: fc.constantFrom('j1', 'j2', 'j3'),
  }),
  { weight: 1, arbitrary: fc.constant({ deed: 'close' } as const) },
);

test('whatever clients do, one of them has the machine, for as long as its job or its time lasts, and the label never falls', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), steps => {
      let record: LeaseRecord = {};
      let now = 1000;
      let facts = alone;
      /** Who has it by the rules, worked out apart. */
      let has: { readonly who: string; readonly job: string; until: number; brought: boolean } | undefined;
      let highest: Label | undefined;
      for (const one of steps) {
        if (has !== undefined && !has.brought && now >= has.until) has = undefined;
        if (one.deed === 'wait') now += one.ms;
        else if (one.deed === 'close') facts = { ...facts, isClosed: true };
        else if (one.deed === 'bring job') {
          // As the agent has it: only the holder's job is let in.
          record = leaseNow(record, now, facts);
          if (record.lease?.holder.job === one.job) {
            facts = { ...facts, jobs: [one.job] };
            record = leaseNow(record, now, facts);
            if (has !== undefined) has.brought = true;
          }
        } else if (one.deed === 'end job') {
          if (facts.jobs.includes(one.job)) has = undefined;
          facts = { ...facts, jobs: facts.jobs.filter(job => job !== one.job) };
          record = leaseNow(record, now, facts);
        } else if (one.deed === 'end') {
          record = endLease(record, one.holder, now, facts);
          if (has !== undefined && !has.brought && has.who === nameOf(one.holder)) has = undefined;
        } else {
          const { request: asked } = one;
          const verdict = judgeLease(record, asked, now, facts);
          record = verdict.record;
          const who = nameOf(asked.holder);
          const isRefused =
            (highest !== undefined && isLower(asked.label, highest)) ||
            asked.requirements.cpus > capacity.cpus ||
            asked.requirements.memoryBytes > capacity.memoryBytes ||
            (facts.isClosed && !(has?.brought && has.who === who)) ||
            (has !== undefined && has.who !== who);
          expect(verdict.reply.granted).toBe(!isRefused);
          if (verdict.reply.granted) {
            has = { who, job: asked.holder.job, until: now + asked.ttlMs, brought: has?.brought ?? false };
            highest = highest === undefined || isLower(highest, asked.label) ? asked.label : highest;
            expect(verdict.reply.until).toBe(has.until);
          }
        }
        const left: LeaseRecord = leaseNow(record, now, facts);
        if (has !== undefined && !has.brought && now >= has.until) has = undefined;
        expect(left.lease === undefined ? undefined : nameOf(left.lease.holder)).toBe(has?.who);
        expect(left.label).toBe(highest);
      }
    }),
    { numRuns: 2000 },
  );
});

test('asking twice is asking once', () => {
  fc.assert(
    fc.property(request, fc.nat(), (one, now) => {
      const first = judgeLease({}, one, now, alone);
      expect(judgeLease(first.record, one, now, alone)).toEqual(first);
    }),
  );
});

test('a lease without its job ends within an hour, whatever was asked for', () => {
  const asked: LeaseRequest = { ...ask('ann', 'j1', 'public'), ttlMs: Number.MAX_SAFE_INTEGER };
  const { record } = judgeLease({}, asked, 0, alone);
  expect(leaseNow(record, longestTtlMs - 1, alone).lease).toBeDefined();
  expect(leaseNow(record, longestTtlMs, alone).lease).toBeUndefined();
});

test('each refusal has its reason', () => {
  const { record } = judgeLease({}, ask('ann', 'j1', 'confidential'), 0, alone);
  const reason = (one: LeaseRequest, facts: Partial<LeaseFacts> = {}, before = record): string | undefined => {
    const { reply } = judgeLease(before, one, 1, { ...alone, ...facts });
    return reply.granted ? undefined : reply.reason;
  };
  expect(reason(ask('bob', 'j2', 'internal'))).toBe('LABEL');
  expect(reason(ask('ann', 'j1', 'public'))).toBe('LABEL');
  expect(reason({ ...ask('bob', 'j2', 'restricted'), requirements: { cpus: 9, memoryBytes: 0 } })).toBe('TOO_SMALL');
  expect(reason(ask('bob', 'j2', 'restricted'))).toBe('BUSY');
  expect(reason(ask('bob', 'j1', 'restricted'))).toBe('BUSY');
  expect(reason(ask('ann', 'j1', 'restricted'), { isClosed: true })).toBe('DRAINING');
  expect(reason(ask('ann', 'j1', 'restricted'), { isClosed: true, jobs: ['j1'] })).toBeUndefined();
  expect(reason(ask('bob', 'j2', 'public'), { jobs: ['j9'] }, {})).toBe('BUSY');
  expect(reason(ask('bob', 'j2', 'public'), { isShared: true }, {})).toBe('BUSY');
});

test('a lease of another agent lasts while that agent and its job may live, and goes over with the job', () => {
  const { record } = judgeLease({}, ask('ann', 'j1', 'public'), 0, alone);
  const begun = leaseNow(record, 1, { ...alone, jobs: ['j1'] });
  const other: LeaseFacts = { ...alone, agent: 'a2' };
  const beside: LeaseFacts = { ...other, otherAgents: new Set(['a1']) };
  expect(leaseNow(begun, 10 ** 9, beside)).toEqual(begun);
  expect(judgeLease(begun, ask('bob', 'j2', 'public'), 10 ** 9, beside).reply).toMatchObject({ reason: 'BUSY' });
  // The other died: this one has its job, or nobody has.
  expect(leaseNow(begun, 2, { ...other, jobs: ['j1'] }).lease).toMatchObject({ agent: 'a2', begun: true });
  expect(leaseNow(begun, 2, other).lease).toBeUndefined();
  // A client that was upgraded before it brought its job leases again.
  expect(judgeLease(record, ask('ann', 'j1', 'public'), 1, beside).record.lease).toMatchObject({ agent: 'a2' });
});

function ask(owner: string, job: string, of: Label): LeaseRequest {
  return { type: 'lease', holder: { owner, job }, label: of, requirements: { cpus: 1, memoryBytes: 1 }, ttlMs: 100 };
}

function nameOf({ owner, job }: LeaseRequest['holder']): string {
  return `${owner} ${job}`;
}
