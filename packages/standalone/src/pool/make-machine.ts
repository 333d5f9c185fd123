import { randomBytes } from 'node:crypto';
import { isMegalithError, MegalithError } from '@megalith/agent';
import type { PoolDesk, Wanted } from './acquire.js';
import { awaitHost, type ReadyMachine } from './await-host.js';
import { withinBudget } from './budget.js';
import type { CloudMachine } from './cloud-machine.js';
import { thisIntentClient } from './intent-client.js';
import type { LaunchIntent } from './launch-intent.js';

/** For the ending of a machine that nobody wants any more. */
const giveBackMs = 60_000;

/** The will to have a machine: for a job, or, without one, for whoever comes. */
export function newIntent(
  { job, label, requirements }: Omit<Wanted, 'job'> & Partial<Pick<Wanted, 'job'>>,
  { cloud, owner, maxLifetimeMs, now }: PoolDesk,
): LaunchIntent {
  const createdAt = now();
  return {
    formatVersion: 1,
    id: randomBytes(8).toString('hex'),
    provider: cloud.name,
    region: cloud.region,
    owner,
    label,
    requirements,
    ...(job === undefined ? {} : { job }),
    createdAt,
    expiresAt: createdAt + maxLifetimeMs,
    tries: [],
  };
}

/**
 * Makes the machine of an intent, and waits until its agent serves. Where that or `claim` fails, the machine is ended.
 * @param claim what must come about before the machine counts as had; it may throw
 * @throws MegalithError what the cloud and the way to the machine say; CANCELLED; what `claim` throws
 */
export async function makeMachine(
  wantedIntent: LaunchIntent,
  desk: PoolDesk,
  signal: AbortSignal | undefined,
  claim: (ready: ReadyMachine) => Promise<void>,
): Promise<ReadyMachine> {
  const { cloud, intents, now, hostOf, bootMs } = desk;
  const offers = await withinBudget(await cloud.offers(wantedIntent.requirements, signal), desk, signal);
  const since = now();
  const intent = await intents.put({ ...wantedIntent, client: thisIntentClient() }, signal);
  let machine: CloudMachine | undefined;
  try {
    desk.tell?.(`asking ${cloud.name} for ${offers[0]?.shape.type ?? 'a machine'}`);
    const keep = async (changed: LaunchIntent): Promise<void> => {
      await intents.put(changed, signal);
    };
    machine = await cloud.launch(intent, offers, keep, signal);
    const made = machine;
    await intents.put({ ...((await intents.find(intent.id)) ?? intent), machine: made.id });
    desk.tell?.(`${made.type} in ${made.zone} (${made.id}) boots`);
    const ready = await awaitHost(made, {
      cloud,
      hostOf: found => hostOf(found, now() - since),
      ...(bootMs === undefined ? {} : { withinMs: bootMs }),
      signal,
    });
    try {
      await Promise.all([claim(ready), settled(intent, desk)]);
    } catch (error) {
      ready.route.close();
      throw error;
    }
    return ready;
  } catch (error) {
    await giveBack(machine?.id ?? idIn(error), intent, desk, error);
    throw error;
  }
}

/** Nobody will ask for the machine again. What can't be removed now is left to the dismantler. */
async function settled({ id }: LaunchIntent, { cloud, intents, tell }: PoolDesk): Promise<void> {
  try {
    const intent = await intents.find(id);
    if (intent !== undefined) await cloud.settle?.(intent);
  } catch (error) {
    tell?.(`what was kept for a launch could not be removed: ${(error as Error).message}`);
  }
}

/** The machine of which an error of the cloud tells. */
function idIn(error: unknown): string | undefined {
  const id = isMegalithError(error) ? error.details?.id : undefined;
  return typeof id === 'string' ? id : undefined;
}

/** Ends what was made for nothing. @throws MegalithError CLOUD_FAILED where it can't be: the dismantler will have to */
export async function giveBack(
  machine: string | undefined,
  intent: LaunchIntent | undefined,
  desk: PoolDesk,
  reason: unknown,
): Promise<void> {
  const { cloud, intents, now } = desk;
  try {
    // First of all nobody is to want it any more: should this process die here, the dismantler knows.
    if (intent !== undefined) await intents.close(intent.id, now());
    if (machine === undefined) return;
    await cloud.terminate(machine, AbortSignal.timeout(giveBackMs));
    if (intent !== undefined) await settled(intent, desk);
  } catch (error) {
    const what = machine === undefined ? 'its intent could not be closed' : `"${machine}" could not be ended`;
    throw new MegalithError('CLOUD_FAILED', `${(reason as Error).message}; and ${what}: ${(error as Error).message}`, {
      hint: 'run `megalith dismantle --once`: it ends what nobody uses',
      details: { ...(machine === undefined ? {} : { id: machine }) },
      cause: reason,
    });
  }
}
