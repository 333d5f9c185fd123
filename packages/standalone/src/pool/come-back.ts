import type { PoolDesk } from './acquire.js';
import { awaitHost, type ReadyMachine } from './await-host.js';
import { thisIntentClient } from './intent-client.js';
import type { LaunchIntent } from './launch-intent.js';

/**
 * Comes back to the machine on which an earlier client had this intent's job, and asks for no other: what was kept to ask again is gone. Its agent may be at
 * work on the job, so that a failure here ends nothing; where nobody comes back, the agent or the dismantler does.
 * @param claim as of `makeMachine`
 * @returns undefined where the machine is no more
 * @throws MegalithError as `awaitHost` says; what `claim` throws
 */
export async function comeBack(
  intent: LaunchIntent,
  desk: PoolDesk,
  signal: AbortSignal | undefined,
  claim: (ready: ReadyMachine) => Promise<void>,
): Promise<ReadyMachine | undefined> {
  const { cloud, intents, hostOf, bootMs, tell } = desk;
  if (intent.machine === undefined) return undefined;
  const machine = await cloud.find(intent.machine, signal);
  if (machine?.state !== 'running' && machine?.state !== 'pending') return undefined;
  // From here on the dismantler knows that somebody wants it.
  await intents.put({ ...intent, client: thisIntentClient() }, signal);
  tell?.(`${machine.id} was made for this job before`);
  const ready = await awaitHost(machine, {
    cloud,
    hostOf,
    ...(bootMs === undefined ? {} : { withinMs: bootMs }),
    signal,
  });
  try {
    await claim(ready);
  } catch (error) {
    ready.route.close();
    throw error;
  }
  return ready;
}
