import type { LambdaErrorClass } from './lambda-error.js';

/** A call that had no answer. */
export interface TroubleFacts {
  readonly kind: LambdaErrorClass;
  /** So often it was sent. */
  readonly tried: number;
  /** From 0 up to 1. */
  readonly random: number;
  /** What AWS asks to be waited, milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** Since any call was answered, or since this one began. */
  readonly unansweredMs: number;
  /** Since this call first had trouble of another kind than throttling. */
  readonly troubledMs: number;
  /** AWS has answered something since this program began. */
  readonly wasReached: boolean;
  /** Its function was found to be gone, and made anew, before. */
  readonly isRemade: boolean;
}

/** What comes next: `again` after a pause; `remake` the function first; `lost`: it may have run; `refused`: it did not, and never will. */
export type NextStep =
  | { readonly step: 'again'; readonly pauseMs: number }
  | { readonly step: 'remake' | 'lost' | 'refused' | 'tooLarge' };

const firstPauseMs = 100;
const mostPauseMs = 5_000;
/** Longer than any call runs: an account that let none of ours through for so long will not soon. */
const starvedMs = 20 * 60_000;
/** Where AWS was never reached, nobody waits longer to hear that there is no network; else it may come back. */
const neverReachedMs = 10_000;
const unreachedMs = 120_000;

/** A call that AWS did not look at is sent again; one that may have run never is. */
export function afterTrouble(facts: TroubleFacts): NextStep {
  switch (facts.kind) {
    case 'throttled':
      return facts.unansweredMs > starvedMs ? { step: 'refused' } : again(facts);
    case 'notRun':
    case 'conflict': {
      const patienceMs = facts.wasReached ? unreachedMs : neverReachedMs;
      return facts.troubledMs > patienceMs ? { step: 'refused' } : again(facts);
    }
    case 'missing':
      return { step: facts.isRemade ? 'refused' : 'remake' };
    case 'unknown':
    case 'aborted':
      return { step: 'lost' };
    case 'tooLarge':
      return { step: 'tooLarge' };
    default:
      return { step: 'refused' };
  }
}

/** Full jitter, so that those that were refused together do not return together. */
function again({ tried, random, retryAfterMs = 0 }: TroubleFacts): NextStep {
  const backoffMs = Math.min(mostPauseMs, firstPauseMs * 2 ** Math.min(tried - 1, 20));
  return { step: 'again', pauseMs: Math.max(random * backoffMs, retryAfterMs) };
}
