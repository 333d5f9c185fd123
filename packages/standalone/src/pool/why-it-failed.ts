import { setTimeout as delay } from 'node:timers/promises';
import { isMegalithError } from '@megalith/agent';
import { ended, hasEnded } from './await-host.js';
import type { Cloud } from './cloud.js';
import type { CloudMachine } from './cloud-machine.js';

/** A guest that shuts down cuts its connections before the cloud knows of it. */
const looks = 6;
const pauseMs = 500;

/**
 * What a failure on a machine means: the machine may have been ended meanwhile, by its agent, the dismantler or the cloud. Then that is what is wrong, and
 * another machine does as well.
 * @returns an error that `hasEnded` knows, or the same error
 */
export async function whyItFailed(
  machine: CloudMachine,
  error: unknown,
  cloud: Pick<Cloud, 'find'>,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  if (hasEnded(error) || !isMegalithError(error) || signal?.aborted === true) return error;
  const isContactLost = error.code === 'SSH_FAILED' || error.code === 'AGENT_LOST';
  for (let look = 1; ; look++) {
    try {
      const found = await cloud.find(machine.id, signal);
      if (found?.state === 'shutting-down' || found?.state === 'terminated') return ended(found, error);
      if (!isContactLost || look === looks) return error;
      await delay(pauseMs, undefined, signal === undefined ? {} : { signal });
    } catch {
      // What came first is what is told.
      return error;
    }
  }
}
