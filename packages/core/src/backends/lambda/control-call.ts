import { setTimeout as delay } from 'node:timers/promises';
import { MegalithError } from '@megalith/agent';
import pRetry from 'p-retry';
import { type LambdaErrorClass, lambdaError, lambdaErrorClass, retryAfterMs } from './lambda-error.js';

/** What waits and chances are made of; tests bring their own. */
export interface World {
  /** From 0 up to 1. */
  random(): number;
  /** Milliseconds that only grow. */
  now(): number;
  /** Epoch milliseconds. */
  today(): number;
  /** Rejects when the signal ends it. */
  sleep(ms: number, signal?: AbortSignal): Promise<unknown>;
}

export const thisWorld: World = {
  random: Math.random,
  now: () => performance.now(),
  today: Date.now,
  sleep: (ms, signal) => delay(ms, undefined, signal === undefined ? {} : { signal }),
};

export interface ControlOptions {
  readonly signal?: AbortSignal | undefined;
  /** For all attempts together. @defaultValue 60 s */
  readonly deadlineMs?: number;
  /** For one attempt. @defaultValue 30 s */
  readonly attemptMs?: number;
  /** Classes of errors that another attempt may mend. @defaultValue throttled, notRun, unknown */
  readonly repeats?: readonly LambdaErrorClass[];
}

const mendable: readonly LambdaErrorClass[] = ['throttled', 'notRun', 'unknown'];
const firstPauseMs = 200;
const mostPauseMs = 5_000;
/** Nobody wants to wait longer to hear that there is no network, milliseconds. */
const unreachedMs = 10_000;

/**
 * A request that changes nothing, or the same when sent twice, tried again with full jitter within its deadline.
 * @param name the action, as the API calls it
 * @throws MegalithError of the last attempt; CANCELLED
 */
export async function controlCall<T>(
  name: string,
  attempt: (signal: AbortSignal) => Promise<T>,
  world: World,
  options: ControlOptions = {},
): Promise<T> {
  const { signal, deadlineMs = 60_000, attemptMs = 30_000, repeats = mendable } = options;
  const start = world.now();
  const once = (): Promise<T> => {
    signal?.throwIfAborted();
    const left = start + deadlineMs - world.now();
    const limit = AbortSignal.timeout(Math.max(1, Math.ceil(Math.min(attemptMs, left))));
    return attempt(signal === undefined ? limit : AbortSignal.any([signal, limit]));
  };
  const mayPause = async (error: unknown, tried: number): Promise<boolean> => {
    const kind = lambdaErrorClass(error) === 'aborted' ? 'unknown' : lambdaErrorClass(error);
    if (signal?.aborted || !repeats.includes(kind)) return false;
    const backoffMs = Math.min(mostPauseMs, firstPauseMs * 2 ** Math.min(tried - 1, 20));
    const pauseMs = Math.max(world.random() * backoffMs, retryAfterMs(error) ?? 0);
    const patienceMs = kind === 'notRun' ? Math.min(deadlineMs, unreachedMs) : deadlineMs;
    if (world.now() + pauseMs >= start + patienceMs) return false;
    await world.sleep(pauseMs, signal);
    return true;
  };
  try {
    return await pRetry(once, {
      retries: Number.POSITIVE_INFINITY,
      minTimeout: 0,
      shouldRetry: ({ error, attemptNumber }) => mayPause(error, attemptNumber),
    });
  } catch (error) {
    if (signal?.aborted) {
      throw new MegalithError('CANCELLED', `"${name}" of AWS Lambda was cancelled`, { cause: signal.reason });
    }
    // A bug of ours is not AWS's fault.
    throw error instanceof TypeError && !('code' in error) ? error : lambdaError(name, error);
  }
}
