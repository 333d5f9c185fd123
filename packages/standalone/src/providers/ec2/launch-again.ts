import { setTimeout as delay } from 'node:timers/promises';
import { isMegalithError, MegalithError } from '@megalith/agent';
import { type CloudErrorClass, classOf, classOfCode } from './cloud-error.js';

export interface LaunchAgainOptions {
  /** What was found out for launches before is to be found out anew. */
  readonly forget: () => void;
  readonly signal?: AbortSignal | undefined;
  /** Before the first repetition; twice as long before the second, milliseconds. @defaultValue 500 */
  readonly pauseMs?: number;
}

const mostRepetitions = 2;
/** Classes of errors of a fleet that it does not get over by itself, and another one may. */
const passing: ReadonlySet<CloudErrorClass | undefined> = new Set(['missing', 'throttled', 'transient']);

/**
 * Launches, and does so again where what the launch named is not there: somebody deleted the key pair, the group or the image since it was looked up, or
 * not all of EC2 knows of it yet.
 * @throws what `attempt` throws, at last; CANCELLED
 */
export async function launchAgain<T>(attempt: () => Promise<T>, options: LaunchAgainOptions): Promise<T> {
  const { forget, signal, pauseMs = 500 } = options;
  for (let repetition = 1; ; repetition++) {
    try {
      return await attempt();
    } catch (error) {
      if (repetition > mostRepetitions || !mayFareBetter(error)) throw error;
      forget();
    }
    try {
      await delay(pauseMs * repetition, undefined, signal === undefined ? {} : { signal });
    } catch (cause) {
      throw new MegalithError('CANCELLED', 'the launch of a machine was cancelled', { cause });
    }
  }
}

/** An error for what EC2 says of a fleet's machines where that is neither of capacity nor of quotas. */
export function fleetRefused({ code, message }: { code: string; message?: string | undefined }, region: string) {
  const kind = classOfCode(code);
  return new MegalithError('CLOUD_FAILED', `EC2 in ${region} refused to launch a machine: ${message ?? code}`, {
    hint: 'see the words of AWS above; `megalith ec2 iam` prints the permissions that are needed',
    details: { awsCode: code, region, class: kind ?? 'invalid', mayPass: passing.has(kind) },
  });
}

function mayFareBetter(error: unknown): boolean {
  return classOf(error) === 'missing' || (isMegalithError(error) && error.details?.mayPass === true);
}
