import type { Acquired, PoolDesk, Wanted } from './acquire.js';
import { hasEnded, type ReadyMachine } from './await-host.js';
import { comeBack } from './come-back.js';
import { thisIntentClient } from './intent-client.js';
import { jobCame } from './keeping.js';
import type { LaunchIntent } from './launch-intent.js';
import { leaseMachine, refusedByOwn } from './lease-machine.js';
import { makeMachine, newIntent } from './make-machine.js';

/** So many machines may be ended by others, one after another, while they start. */
const mostStarts = 3;

/**
 * The machine that an earlier client had, or asked for, for this very job; else a new one. In place of one that the cloud or a dismantler ends while it
 * starts another is made.
 * @param unfinished what the earlier client left
 * @param had is told of each intent that this job has now, and of the job with its machine
 * @throws MegalithError as `makeMachine` says
 */
export async function makeForJob(
  wanted: Wanted,
  unfinished: LaunchIntent | undefined,
  desk: PoolDesk,
  had: Set<string>,
  signal: AbortSignal | undefined,
): Promise<Acquired> {
  const lease = async ({ route, machine }: ReadyMachine): Promise<void> => {
    const refusal = await leaseMachine(wanted, { route, machine }, desk, signal);
    if (refusal !== undefined) throw refusedByOwn(machine, wanted, refusal);
  };
  const note = ({ machine }: ReadyMachine): void => void had.add(`${wanted.job} ${machine.id}`);
  // From here on the dismantler knows that somebody wants it.
  const left = unfinished && (await desk.intents.put({ ...unfinished, client: thisIntentClient() }, signal));
  if (left?.servedAt !== undefined) {
    const old = await comeBack(left, desk, signal, lease);
    if (old !== undefined) {
      note(old);
      return { ...old, how: 'warm', intent: left.id };
    }
  }
  let intent = left === undefined || left.servedAt !== undefined ? newIntent(wanted, desk) : left;
  for (let starts = 1; ; starts++) {
    had.add(intent.id);
    try {
      const ready = await makeMachine(intent, desk, signal, lease);
      note(ready);
      await jobCame(ready.machine, true, desk);
      return { ...ready, how: 'new', intent: intent.id };
    } catch (error) {
      if (!hasEnded(error) || starts === mostStarts) throw error;
      desk.tell?.((error as Error).message);
    }
    intent = newIntent(wanted, desk);
  }
}
