import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type AgentLoad, judgeIdle } from './idle-clock.js';

const load: fc.Arbitrary<AgentLoad> = fc
  .record({ active: fc.nat(3), waitingForClient: fc.nat(3), clients: fc.nat(3), draining: fc.boolean() })
  .map(({ active, ...rest }) => ({ jobs: active + rest.waitingForClient, ...rest }));
const times = { since: fc.nat(2 ** 31), idleMs: fc.nat(2 ** 31) };

test('an agent with a client or a job at work has no end, and says why', () => {
  fc.assert(
    fc.property(load, times.since, times.idleMs, (one, since, idleMs) => {
      const isBusy = one.clients > 0 || one.jobs > one.waitingForClient;
      const { endsAt, reasons } = judgeIdle(one, since, idleMs);
      expect(endsAt === undefined).toBe(isBusy);
      expect(reasons.length).toBeGreaterThan(0);
    }),
  );
});

test('the later the last change and the longer the idle time, the later the end', () => {
  fc.assert(
    fc.property(load, times.since, times.idleMs, fc.nat(1000), fc.nat(1000), (one, since, idleMs, later, longer) => {
      const { endsAt } = judgeIdle(one, since, idleMs);
      if (endsAt === undefined) return;
      expect(endsAt).toBeGreaterThanOrEqual(since);
      expect(judgeIdle(one, since + later, idleMs).endsAt).toBe(endsAt + later);
      expect(judgeIdle(one, since, idleMs + longer).endsAt).toBeGreaterThanOrEqual(endsAt);
    }),
  );
});

test('results that nobody has read hold it for as long as they are kept, unless it drains', () => {
  const unread = { jobs: 0, waitingForClient: 0, clients: 0, draining: false, unread: 1 };
  expect(judgeIdle(unread, 5, 1000, 9000)).toEqual({
    reasons: ['the results of a job were not read yet'],
    endsAt: 9005,
  });
  expect(judgeIdle(unread, 5, 10_000, 9000).endsAt).toBe(10_005);
  expect(judgeIdle({ ...unread, draining: true }, 5, 1000, 9000).endsAt).toBe(5);
});

test('one that drains ends with its last job', () => {
  const idle = { jobs: 0, waitingForClient: 0, clients: 0 };
  expect(judgeIdle({ ...idle, draining: true }, 5, 1000).endsAt).toBe(5);
  expect(judgeIdle({ ...idle, draining: false }, 5, 1000).endsAt).toBe(1005);
});
