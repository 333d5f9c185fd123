import type { PoolDesk } from './acquire.js';
import { awaitHost, hasEnded, type ReadyMachine } from './await-host.js';
import type { LaunchIntent } from './launch-intent.js';
import { whyItFailed } from './why-it-failed.js';

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
  const { cloud, hostOf, bootMs, tell } = desk;
  if (intent.machine === undefined) return undefined;
  const machine = await cloud.find(intent.machine, signal);
  if (machine?.state !== 'running' && machine?.state !== 'pending') return undefined;
  tell?.(`${machine.id} was made for this job before`);
  let ready: ReadyMachine | undefined;
  try {
    ready = await awaitHost(machine, { cloud, hostOf, ...(bootMs === undefined ? {} : { withinMs: bootMs }), signal });
    await claim(ready);
    return ready;
  } catch (error) {
    ready?.route.close();
    const failure = await whyItFailed(machine, error, cloud, signal);
    if (hasEnded(failure)) return undefined;
    throw failure;
  }
}
