import { type ErrorCode, MegalithError } from '@megalith/agent';
import { parseDuration } from '../config/duration.js';
import type { RetryPolicy } from './types.js';

/** A retry policy with its defaults filled in and its texts read. */
export interface RetryRule {
  readonly retries: number;
  readonly backoffMs: number;
  readonly factor: number;
  readonly maxBackoffMs: number;
  readonly when: (error: MegalithError, attempt: number) => boolean;
}

/** An attempt is numbered in 16 bits on the wire. */
const mostRetries = 65_534;

/**
 * Failures that a second try cannot mend: somebody asked for the end, or the task as it was sent is impossible.
 * All others are retried by default: THREW, CRASHED, EXITED, OUT_OF_MEMORY, TIMED_OUT and AGENT_LOST.
 */
const final: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'CANCELLED',
  'NOT_SERIALIZABLE',
  'CANNOT_SHIP',
  'CANNOT_SHARE',
  'OVER_MEMORY',
  'OVER_CPUS',
]);

/** Reads the `retries` option. @throws MegalithError USAGE */
export function retryRule(option: number | RetryPolicy = 0): RetryRule {
  const policy = typeof option === 'number' ? { retries: option } : option;
  const rule = {
    retries: policy.retries,
    backoffMs: parseDuration(policy.backoff ?? 100),
    factor: policy.factor ?? 2,
    maxBackoffMs: parseDuration(policy.maxBackoff ?? 30_000),
    when: policy.when ?? (error => !final.has(error.code)),
  };
  if (!Number.isInteger(rule.retries) || rule.retries < 0 || rule.retries > mostRetries) {
    throw new MegalithError('USAGE', `"retries" must be a whole number from 0 to ${mostRetries}, not ${rule.retries}`);
  }
  if (!(rule.factor >= 1) || !Number.isFinite(rule.factor)) {
    throw new MegalithError('USAGE', `"factor" of a retry policy must be at least 1, not ${rule.factor}`);
  }
  return rule;
}

/**
 * Decides after a failure: the wait before the next try in milliseconds, or undefined when there is none.
 * The wait has full jitter (anything from nothing to the whole backoff), so that tasks that failed together do not return together.
 * @param attempt the one that failed, counted from 1
 * @param random a number from 0 to 1
 */
export function nextRetry(
  rule: RetryRule,
  attempt: number,
  failure: MegalithError,
  random: number,
): number | undefined {
  if (attempt > rule.retries || !rule.when(failure, attempt)) return undefined;
  return random * Math.min(rule.maxBackoffMs, rule.backoffMs * rule.factor ** (attempt - 1));
}
