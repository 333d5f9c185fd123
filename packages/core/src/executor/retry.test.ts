import { type ErrorCode, MegalithError } from '@megalith/agent';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextRetry, retryRule } from './retry.js';

const failed = (code: ErrorCode = 'THREW') => new MegalithError(code, 'failed');
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('nextRetry', () => {
  it('gives exactly as many retries as the policy allows', () => {
    fc.assert(
      fc.property(fc.nat(20), random, (retries, r) => {
        const rule = retryRule(retries);
        let attempt = 1;
        while (nextRetry(rule, attempt, failed(), r) !== undefined) attempt += 1;
        expect(attempt).toBe(retries + 1);
      }),
    );
  });

  it('waits between nothing and the backoff, which grows by the factor up to its limit', () => {
    fc.assert(
      fc.property(
        fc.record({
          backoff: fc.nat(10_000),
          factor: fc.double({ min: 1, max: 4, noNaN: true }),
          maxBackoff: fc.nat(60_000),
        }),
        fc.integer({ min: 1, max: 100 }),
        random,
        (policy, attempt, r) => {
          const wait = nextRetry(retryRule({ ...policy, retries: 100 }), attempt, failed(), r)!;
          const ceiling = Math.min(policy.maxBackoff, policy.backoff * policy.factor ** (attempt - 1));
          expect(wait).toBe(r * ceiling);
          expect(wait).toBeLessThanOrEqual(policy.maxBackoff);
        },
      ),
    );
  });

  it.each(['THREW', 'CRASHED', 'EXITED', 'OUT_OF_MEMORY', 'TIMED_OUT', 'AGENT_LOST'] as const)(
    'retries %s by default',
    code => {
      expect(nextRetry(retryRule(1), 1, failed(code), 0.5)).toBe(50);
    },
  );

  it.each(['CANCELLED', 'NOT_SERIALIZABLE', 'OVER_MEMORY', 'OVER_CPUS', 'CANNOT_SHIP', 'CANNOT_SHARE'] as const)(
    'does not retry %s by default',
    code => {
      expect(nextRetry(retryRule(1), 1, failed(code), 0.5)).toBeUndefined();
    },
  );

  it('asks the predicate with the error and the attempt', () => {
    const asked: unknown[] = [];
    const error = failed('NOT_SERIALIZABLE');
    const rule = retryRule({ retries: 5, when: (...args) => asked.push(args) < 2 });
    expect(nextRetry(rule, 1, error, 0)).toBe(0);
    expect(nextRetry(rule, 2, error, 0)).toBeUndefined();
    expect(asked).toEqual([
      [error, 1],
      [error, 2],
    ]);
  });
});

describe('retryRule', () => {
  it.each([-1, 1.5, Number.NaN, 65_535])('refuses %d retries', retries => {
    expect(() => retryRule(retries)).toThrowError(expect.objectContaining({ code: 'USAGE' }));
  });

  it('refuses a factor that shrinks the wait', () => {
    expect(() => retryRule({ retries: 1, factor: 0.5 })).toThrowError('"factor"');
  });
});
