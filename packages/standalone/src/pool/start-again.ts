import { isMegalithError } from '@megalith/agent';
import type { PoolDesk } from './acquire.js';
import { awaitHost, type ReadyMachine } from './await-host.js';
import { withinBudget } from './budget.js';
import type { CloudMachine } from './cloud-machine.js';
import { thisIntentClient } from './intent-client.js';
import { cameUp, mustEnd } from './keeping.js';
import { giveBack } from './make-machine.js';

/**
 * Starts a stopped machine for a job, and waits until its agent serves. Of several clients that want it one does.
 * @returns undefined where another job has it, or it does not start: where the cloud has no room for it now it stays stopped, else it is ended
 * @throws MegalithError OVER_BUDGET; CANCELLED; CLOUD_FAILED where it does not start and can't be ended
 */
export async function startAgain(
  machine: CloudMachine,
  job: string,
  desk: PoolDesk,
  signal: AbortSignal | undefined,
): Promise<ReadyMachine | undefined> {
  const { cloud, intents, hostOf, bootMs, now, tell } = desk;
  const { id, tags } = machine;
  await withinBudget([{ usdPerHour: (await desk.shapeOf(machine))?.usdPerHour ?? 0 }], desk, signal);
  // Who fails with it ends it: it must be nobody else's.
  if (!(await intents.takeLeft(tags.intent, job, thisIntentClient(), signal))) {
    tell?.(`${id} is another job's`);
    return undefined;
  }
  tell?.(`starting ${id}`);
  let isAsked = false;
  try {
    await mustEnd(machine, desk, signal);
    const since = now();
    await cloud.start(id, signal);
    isAsked = true;
    const ready = await awaitHost(machine, {
      cloud,
      hostOf,
      ...(bootMs === undefined ? {} : { withinMs: bootMs }),
      signal,
    });
    await cameUp(ready, { how: 'started', tookMs: now() - since }, desk);
    return ready;
  } catch (error) {
    const hasNoRoom = isMegalithError(error) && (error.code === 'NO_CAPACITY' || error.code === 'QUOTA');
    if (hasNoRoom && !isAsked) await intents.release(tags.intent, job, now());
    else await giveBack(id, await intents.find(tags.intent), desk, error);
    if (signal?.aborted) throw error;
    tell?.(`${id} could not be started again: ${(error as Error).message}`);
    return undefined;
  }
}
