import { MegalithError } from '@megalith/agent';
import type { PoolDesk } from './acquire.js';
import type { CloudMachine } from './cloud-machine.js';
import type { Offer } from './offer.js';
import { capProblem, spentTodayUsd } from './spend.js';

/** What the machines of an owner cost. */
interface OwnSpend {
  /** Since midnight, UTC. */
  readonly usdToday: number;
  /** By machine. */
  readonly usdPerHour: ReadonlyMap<string, number>;
}

/** What those of these machines that are the desk's cost, as far as the cloud's list tells it: machines that have ended are not counted. */
export async function spendOf(
  machines: readonly CloudMachine[],
  { owner, shapeOf, now }: Pick<PoolDesk, 'owner' | 'shapeOf' | 'now'>,
): Promise<OwnSpend> {
  const ours = machines.filter(({ tags }) => tags.owner === owner);
  const prices = await Promise.all(
    ours.map(async machine => [machine.id, (await shapeOf(machine))?.usdPerHour ?? 0] as const),
  );
  const usdPerHour = new Map(prices);
  const billed = ours
    .filter(({ state }) => state === 'pending' || state === 'running')
    .map(({ id, launchedAt }) => ({ usdPerHour: usdPerHour.get(id) ?? 0, runs: [{ startedAt: launchedAt }] }));
  return { usdToday: spentTodayUsd(billed, now()), usdPerHour };
}

/**
 * The offers that the cap of a day still pays for.
 * @throws MegalithError OVER_BUDGET where it pays for none
 */
export async function withinBudget<T extends Pick<Offer, 'usdPerHour'>>(
  offers: readonly T[],
  desk: PoolDesk,
  signal?: AbortSignal,
): Promise<readonly T[]> {
  const { maxUsdPerDay, cloud } = desk;
  if (maxUsdPerDay === undefined) return offers;
  const machines: CloudMachine[] = [];
  for await (const machine of cloud.list(signal)) machines.push(machine);
  const { usdToday } = await spendOf(machines, desk);
  const problems = new Map(offers.map(offer => [offer, capProblem(usdToday, maxUsdPerDay, offer.usdPerHour)]));
  const within = offers.filter(offer => problems.get(offer) === undefined);
  if (within.length > 0 || offers.length === 0) return within;
  const cheapest = offers.reduce((best, offer) => (offer.usdPerHour < best.usdPerHour ? offer : best));
  throw new MegalithError('OVER_BUDGET', `no machine is made any more today: ${problems.get(cheapest)}`, {
    hint: 'raise `maxUsdPerDay` in the section `ec2` of the config, or wait until midnight (UTC)',
    details: { usdToday, maxUsdPerDay, usdPerHour: cheapest.usdPerHour },
  });
}
