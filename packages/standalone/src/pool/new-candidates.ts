import type { Candidate, JobRequest, Site } from '@megalith/core';
import { isTooMuch } from './fewer-tasks.js';
import { idleTail } from './idle-tail.js';
import { type MachineUses, startOf } from './machine-uses.js';
import type { Offer } from './offer.js';
import { choiceText } from './offer-text.js';
import { placeId } from './place-id.js';
import { roomIn, sharingsOf, sizeFor } from './shares.js';
import type { Stock } from './stock.js';

/** A way to have machines made for a job, with what would be made. */
export interface SizedOffer {
  /** The cheapest first. */
  readonly offers: readonly Offer[];
  readonly machines: number;
  /** Tasks at once, on all of them together. */
  readonly slots: number;
}

/** What is known of the cloud and of this client's use of it. */
export interface PoolTerms {
  readonly cloud: string;
  readonly site: Site & { readonly region: string };
  /** No machine lives longer, milliseconds. */
  readonly maxLifetimeMs: number;
  /** How long the user wants machines without work to stay, milliseconds. */
  readonly pinnedMs?: number | undefined;
  /** What was measured of a type. */
  readonly usesOf: (type: string) => MachineUses | undefined;
}

/** Each start is billed for so long at least: https://aws.amazon.com/ec2/pricing/, per-second billing. */
const minimumMs = 60_000;

/** Over an internet connection of 100 Mbit/s. What comes in costs nothing at EC2, and of what goes out 100 GiB a month are free. */
export const cloudTransfer = { bytesPerSecond: 12.5e6, usdPerGib: 0 } as const;

/**
 * The sizes of machines that are worth considering for a job: of each way to share its tasks out the cheapest machine, each type once and then with all the
 * tasks that it has room for.
 * @param slots as of `sharingsOf`
 * @throws MegalithError what the cloud says of one task, where it has no machine even for that
 */
export function sizedOffers(
  job: JobRequest,
  stock: Pick<Stock, 'offers'>,
  slots: number | undefined,
): readonly SizedOffer[] {
  const most = Math.min(job.taskCount ?? Number.POSITIVE_INFINITY, slots ?? Number.POSITIVE_INFINITY);
  const found = new Map<string, SizedOffer>();
  for (const { machines, tasks } of sharingsOf(job, slots)) {
    const offers = offersFor(job, stock, tasks);
    const { shape, market, usableMemoryBytes } = offers[0]!;
    const room = machines * Math.max(1, roomIn({ cpus: shape.cpus, usableMemoryBytes }, job));
    found.set(`${shape.type} ${market}`, { offers, machines, slots: Math.min(room, most) });
  }
  return [...found.values()];
}

/** A machine for so many tasks, else for half as many, and so on. */
function offersFor(job: JobRequest, stock: Pick<Stock, 'offers'>, tasks: number): readonly Offer[] {
  for (let some = tasks; ; some = Math.ceil(some / 2)) {
    try {
      return stock.offers(sizeFor(job, some));
    } catch (error) {
      if (some <= 1 || !isTooMuch(error)) throw error;
    }
  }
}

export function newCandidate({ offers, machines, slots }: SizedOffer, terms: PoolTerms): Candidate {
  const { shape, market, usableMemoryBytes, usdPerHour: usdEach } = offers[0]!;
  const { cloud, site, maxLifetimeMs, pinnedMs, usesOf } = terms;
  const uses = usesOf(shape.type);
  const startMs = startOf(uses).ms;
  const usdPerHour = usdEach * machines;
  const many = machines > 1 ? `${machines} × ` : '';
  return {
    backend: 'standalone',
    id: placeId({ how: 'new', cloud, region: site.region, type: shape.type, market, machines }),
    kind: 'new',
    site,
    description: `a machine of ${site.name}: ${many}${choiceText(offers)}`,
    cpus: shape.cpus,
    usableMemoryBytes,
    slots,
    usdPerHour,
    billing: { per: 'hour', usdPerHour, minimumMs, startMs, idleTailMs: tailMs(usdPerHour, uses, pinnedMs) },
    startMs,
    limits: { timeMs: maxLifetimeMs - startMs },
    transfer: cloudTransfer,
  };
}

/** How long a machine stays up after the job, milliseconds. */
export function tailMs(usdPerHour: number, uses: MachineUses | undefined, pinnedMs: number | undefined): number {
  return idleTail({
    usdPerHour,
    startMs: startOf(uses).ms,
    minimumBilledMs: minimumMs,
    ...(pinnedMs === undefined ? {} : { pinnedMs }),
    ...(uses === undefined ? {} : { past: uses.past }),
  }).idleTailMs;
}
