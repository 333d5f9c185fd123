import { isWorthRetrying, MegalithError, retryDelayMs } from '@megalith/agent';
import { parseDuration } from '../config/duration.js';
import type { RetryPolicy } from './types.js';

/** A retry policy with its defaults filled in and its texts read. */
export interface RetryRule {
  readonly retries: number;
  readonly backoffMs: number;
  readonly factor: number;
  readonly maxBackoffMs: number;
  readonly when: (error: MegalithError, attempt: number) => boolean;
  /** A host can apply it by itself: it needs no function of this program. */
  readonly hostRule: boolean;
}

/** An attempt is numbered in 16 bits on the wire. */
const mostRetries = 65_534;

/** Reads the `retries` option. @throws MegalithError USAGE */
export function retryRule(option: number | RetryPolicy = 0): RetryRule {
  const policy = typeof option === 'number' ? { retries: option } : option;
  const rule = {
    retries: policy.retries,
    backoffMs: parseDuration(policy.backoff ?? 100),
    factor: policy.factor ?? 2,
    maxBackoffMs: parseDuration(policy.maxBackoff ?? 30_000),
    when: policy.when ?? (error => isWorthRetrying(error.code)),
    hostRule: policy.when === undefined && policy.retries > 0,
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
  return retryDelayMs(rule, attempt, random);
}
