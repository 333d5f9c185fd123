import { setTimeout as delay } from 'node:timers/promises';
import { MegalithError } from '@megalith/agent';
import pRetry from 'p-retry';
import { type CloudErrorClass, classOf, cloudError } from './cloud-error.js';

export interface CallOptions {
  /** Ends the call, and a wait between attempts. */
  readonly signal?: AbortSignal;
  /** For all attempts together. @defaultValue 60 s */
  readonly deadlineMs?: number;
  /** For one attempt, credentials included. @defaultValue 30 s */
  readonly attemptMs?: number;
}

/**
 * Whether a request may be sent again where nobody knows what became of it. `always`: it only reads, carries a client token, or names what it
 * changes, so that twice is once. `refused`: only where AWS did not look at it, or it never left.
 */
export type Repeat = 'always' | 'refused';

/** What a call needs of the world; tests bring their own. */
export interface CallSurroundings {
  /** From 0 up to 1. */
  random(): number;
  /** Milliseconds that only grow. */
  now(): number;
  sleep(pauseMs: number, signal?: AbortSignal): Promise<unknown>;
}

const world: CallSurroundings = {
  random: Math.random,
  now: () => performance.now(),
  sleep: (pauseMs, signal) => delay(pauseMs, undefined, signal === undefined ? {} : { signal }),
};

/** Errors of a connection that never was: AWS has not seen the request. */
const neverSent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN']);
/** Nobody wants to wait longer to hear that there is no network, or that a region's name is wrong, milliseconds. */
const unreachedMs = 10_000;

// The steps of AWS's own SDKs: 100 ms for faults, 500 ms for throttling, both doubling.
const backoff = { transient: { firstMs: 100, mostMs: 5_000 }, throttled: { firstMs: 500, mostMs: 20_000 } } as const;

/**
 * One request to AWS, tried again with full jitter for as long as its class of error and its deadline allow.
 * @param name the action, as the API calls it: `RunInstances`
 * @param attempt sends it once, without retries of its own, and ends with the signal
 * @throws MegalithError as `cloudError` makes it of the last attempt's; CANCELLED once the caller's signal ended it
 */
export async function call<T>(
  name: string,
  attempt: (signal: AbortSignal) => Promise<T>,
  repeat: Repeat,
  options: CallOptions = {},
  surroundings: CallSurroundings = world,
): Promise<T> {
  const { signal, deadlineMs = 60_000, attemptMs = 30_000 } = options;
  const start = surroundings.now();
  const end = start + deadlineMs;
  let wasReached = false;
  const mayPause = async (error: unknown, attemptNumber: number) => {
    if (signal?.aborted || !mayRepeat(error, repeat)) return false;
    const pause = pauseMs(classOf(error), attemptNumber, surroundings.random());
    wasReached ||= !isNeverSent(error);
    if (surroundings.now() + pause >= (wasReached ? end : Math.min(end, start + unreachedMs))) return false;
    await surroundings.sleep(pause, signal);
    return true;
  };
  try {
    // Its own signal would throw away a reply that came just before: the caller must learn of a machine that was made.
    return await pRetry(() => limited(attempt, Math.min(attemptMs, Math.max(end - surroundings.now(), 1)), signal), {
      retries: Number.POSITIVE_INFINITY,
      minTimeout: 0,
      shouldRetry: c => mayPause(c.error, c.attemptNumber),
    });
  } catch (error) {
    if (signal?.aborted) {
      throw new MegalithError('CANCELLED', `"${name}" of AWS was cancelled`, { cause: signal.reason });
    }
    // A bug of ours is not AWS's fault.
    throw error instanceof TypeError && !('code' in error) ? error : cloudError(name, error);
  }
}

/** How long to wait after the n-th attempt failed: anything from 0 up to a limit that doubles with each. */
export function pauseMs(kind: CloudErrorClass, attemptNumber: number, random: number): number {
  const { firstMs, mostMs } = kind === 'throttled' ? backoff.throttled : backoff.transient;
  return Math.floor(random * Math.min(mostMs, firstMs * 2 ** Math.min(attemptNumber - 1, 30)));
}

function mayRepeat(error: unknown, repeat: Repeat): boolean {
  const kind = classOf(error);
  if (kind === 'throttled') return true;
  return kind === 'transient' && (repeat === 'always' || isNeverSent(error));
}

function isNeverSent(error: unknown): boolean {
  return neverSent.has((error as { code?: string }).code ?? '');
}

/** Ends with its limit even where the work pays no heed to its signal, as sources of credentials may. */
async function limited<T>(work: (signal: AbortSignal) => Promise<T>, limitMs: number, outer?: AbortSignal): Promise<T> {
  const controller = new AbortController();
  const cancel = () => controller.abort(outer?.reason);
  const expire = () =>
    controller.abort(Object.assign(new Error(`no answer within ${limitMs / 1000} s`), { code: 'ETIMEDOUT' }));
  const timer = setTimeout(expire, limitMs);
  outer?.addEventListener('abort', cancel, { once: true });
  try {
    outer?.throwIfAborted();
    const ended = new Promise<never>((_, reject) => {
      controller.signal.addEventListener('abort', () => reject(controller.signal.reason), { once: true });
    });
    return await Promise.race([work(controller.signal), ended]);
  } catch (error) {
    throw controller.signal.aborted ? controller.signal.reason : error;
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener('abort', cancel);
  }
}
