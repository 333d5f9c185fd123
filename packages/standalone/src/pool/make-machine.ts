import { randomBytes } from 'node:crypto';
import { isMegalithError, MegalithError } from '@megalith/agent';
import type { PoolDesk, Wanted } from './acquire.js';
import { awaitHost, type ReadyMachine } from './await-host.js';
import { withinBudget } from './budget.js';
import type { CloudMachine } from './cloud-machine.js';
import { formatMs } from './in-words.js';
import { thisIntentClient } from './intent-client.js';
import { cameUp } from './keeping.js';
import type { LaunchIntent } from './launch-intent.js';
import { askingText, bootingText } from './offer-text.js';
import { whyItFailed } from './why-it-failed.js';

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
    desk.tell?.(askingText(cloud.name, offers));
    const keep = async (changed: LaunchIntent): Promise<void> => {
      await intents.put(changed, signal);
    };
    machine = await cloud.launch(intent, offers, keep, signal);
    const made = machine;
    const launched = now();
    await intents.put({ ...((await intents.find(intent.id)) ?? intent), machine: made.id });
    desk.tell?.(bootingText(made, offers));
    const ready = await awaitHost(made, {
      cloud,
      hostOf,
      ...(bootMs === undefined ? {} : { withinMs: bootMs }),
      signal,
    });
    desk.tell?.(`${made.id} serves, ${formatMs(Math.round((now() - since) / 1000) * 1000)} after it was asked for`);
    try {
      const isFirst = wantedIntent.tries.length === 0;
      const tookMs = isFirst ? now() - launched : undefined;
      const up = cameUp(ready, { how: 'new', tookMs, isPromised: intent.job === undefined }, desk);
      await Promise.all([claim(ready), served(intent, desk), up]);
    } catch (error) {
      ready.route.close();
      throw error;
    }
    return ready;
  } catch (error) {
    const failure = machine === undefined ? error : await whyItFailed(machine, error, cloud, signal);
    await giveBack(machine?.id ?? idIn(error), intent, desk, failure);
    throw failure;
  }
}

/** The machine serves: nobody will ask the cloud for it again, and whoever comes later must know that before he can't any more. */
async function served({ id }: LaunchIntent, desk: PoolDesk): Promise<void> {
  const { intents, now } = desk;
  const intent = await intents.find(id);
  if (intent === undefined) return;
  await intents.put({ ...intent, servedAt: now() });
  await settled(intent, desk);
}

/** What can't be removed now is left to the dismantler. */
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
  const machine = isMegalithError(error) ? error.details?.machine : undefined;
  return typeof machine === 'string' ? machine : undefined;
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
