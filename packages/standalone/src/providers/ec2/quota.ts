import { MegalithError } from '@megalith/agent';
import type { Market } from '../../pool/cloud-machine.js';
import type { Offer } from '../../pool/offer.js';

/** A limit on the vCPUs of one kind of instance in one region, as Service Quotas (service code `ec2`) has it. */
export interface VcpuQuota {
  readonly code: string;
  readonly name: string;
}

/** What a quota allows, and what of it is in use by the whole account. */
export interface QuotaUse {
  readonly limitCpus: number;
  readonly usedCpus: number;
}

/** An offer that a quota is in the way of. */
export interface QuotaShortage {
  readonly quota: VcpuQuota;
  readonly use: QuotaUse;
  readonly offer: Offer;
}

type Kind = 'standard' | 'x' | 'high memory' | 'f' | 'g' | 'p' | 'inf' | 'trn' | 'dl' | 'hpc';

const onDemandQuotas: Readonly<Record<Kind, VcpuQuota>> = {
  standard: { code: 'L-1216C47A', name: 'Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances' },
  x: { code: 'L-7295265B', name: 'Running On-Demand X instances' },
  'high memory': { code: 'L-43DA4232', name: 'Running On-Demand High Memory instances' },
  f: { code: 'L-74FC7D96', name: 'Running On-Demand F instances' },
  g: { code: 'L-DB2E81BA', name: 'Running On-Demand G and VT instances' },
  p: { code: 'L-417A185B', name: 'Running On-Demand P instances' },
  inf: { code: 'L-1945791B', name: 'Running On-Demand Inf instances' },
  trn: { code: 'L-2C3B7624', name: 'Running On-Demand Trn instances' },
  dl: { code: 'L-6E869C2A', name: 'Running On-Demand DL instances' },
  hpc: { code: 'L-F7808C92', name: 'Running On-Demand HPC instances' },
};

const spotQuotas: Readonly<Partial<Record<Kind, VcpuQuota>>> = {
  standard: { code: 'L-34B43A08', name: 'All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests' },
  x: { code: 'L-E3A00192', name: 'All X Spot Instance Requests' },
  f: { code: 'L-88CF9481', name: 'All F Spot Instance Requests' },
  g: { code: 'L-3819A6DF', name: 'All G and VT Spot Instance Requests' },
  p: { code: 'L-7212CCBC', name: 'All P Spot Instance Requests' },
  inf: { code: 'L-B5D1601B', name: 'All Inf Spot Instance Requests' },
  trn: { code: 'L-6B0D517C', name: 'All Trn Spot Instance Requests' },
  dl: { code: 'L-85EED4F7', name: 'All DL Spot Instance Requests' },
};

/** By the letters that a type begins with: the whole of them, since `trn1` is no T and `dl1` no D. */
const kinds: ReadonlyMap<string, Kind> = new Map([
  ...['a', 'c', 'd', 'h', 'i', 'im', 'is', 'm', 'r', 't', 'z'].map(letters => [letters, 'standard'] as const),
  ...(['x', 'f', 'g', 'p', 'inf', 'trn', 'dl', 'hpc'] as const).map(letters => [letters, letters] as const),
  ['gr', 'g'],
  ['vt', 'g'],
  ['u', 'high memory'],
]);

/**
 * Which quota governs a type on a market; undefined where none is known: such a type is not held back. Codes and names: the EC2 user guide,
 * "On-Demand Instance quotas" and "Spot Instance quotas"; they are the same in all regions.
 */
export function quotaFor(type: string, market: Market): VcpuQuota | undefined {
  const kind = kinds.get(/^[a-z]+/.exec(type)?.[0] ?? '');
  if (kind === undefined) return undefined;
  return market === 'spot' ? spotQuotas[kind] : onDemandQuotas[kind];
}

/** The quotas that are worth asking for, each once. */
export function quotasOf(offers: readonly Offer[]): readonly VcpuQuota[] {
  const quotas = new Map<string, VcpuQuota>();
  for (const { shape, market } of offers) {
    const quota = quotaFor(shape.type, market);
    if (quota) quotas.set(quota.code, quota);
  }
  return [...quotas.values()];
}

/** An instance of the account, ours or not. */
export interface CountedInstance {
  readonly type: string;
  readonly market: Market;
  readonly state: string;
  readonly cpus: number;
}

/**
 * vCPUs in use, by the quota's code. Pending instances count too: they run before ours does. Stopped ones do not, as the user guide says.
 */
export function cpusInUse(instances: Iterable<CountedInstance>): ReadonlyMap<string, number> {
  const used = new Map<string, number>();
  for (const { type, market, state, cpus } of instances) {
    const quota = quotaFor(type, market);
    if (quota === undefined || (state !== 'running' && state !== 'pending')) continue;
    used.set(quota.code, (used.get(quota.code) ?? 0) + cpus);
  }
  return used;
}

/** Splits offers, in their order, into those that the quotas have room for and those that they have not. `uses` is by the quota's code. */
export function withinQuotas<O extends Offer>(
  offers: readonly O[],
  uses: ReadonlyMap<string, QuotaUse>,
): { readonly within: readonly O[]; readonly short: readonly QuotaShortage[] } {
  const within: O[] = [];
  const short: QuotaShortage[] = [];
  for (const offer of offers) {
    const quota = quotaFor(offer.shape.type, offer.market);
    const use = quota && uses.get(quota.code);
    if (!use || use.usedCpus + offer.shape.cpus <= use.limitCpus) within.push(offer);
    else short.push({ quota, use, offer });
  }
  return { within, short };
}

/** What to throw where quotas leave nothing to ask for: it tells of the offer that lacks the fewest vCPUs. `short` is not empty. */
export function quotaError(short: readonly QuotaShortage[], region: string): MegalithError {
  const { quota, use, offer } = short.reduce((best, next) => (missingCpus(next) < missingCpus(best) ? next : best));
  const needed = use.usedCpus + offer.shape.cpus;
  const inUse = use.usedCpus === 0 ? 'none of them in use' : `${use.usedCpus} of them in use`;
  return new MegalithError(
    'QUOTA',
    `the quota "${quota.name}" (${quota.code}) allows this account ${use.limitCpus} vCPUs in ${region}, ${inUse}, ` +
      `and "${offer.shape.type}" needs ${offer.shape.cpus} more`,
    {
      hint: `ask for at least ${needed} at ${quotaLink(quota.code, region)}, or end machines that are not needed`,
      details: {
        quota: quota.code,
        name: quota.name,
        region,
        limitCpus: use.limitCpus,
        usedCpus: use.usedCpus,
        neededCpus: needed,
        type: offer.shape.type,
        market: offer.market,
      },
    },
  );
}

/** What to throw where AWS refused for a quota whose limit nobody asked for, or was allowed to. */
export function quotaRefusal({ shape, market }: Offer, region: string, cause?: unknown): MegalithError {
  const quota = quotaFor(shape.type, market);
  const named = quota ? `the quota "${quota.name}" (${quota.code})` : `a quota on ${market} instances`;
  const where = quota
    ? quotaLink(quota.code, region)
    : `https://${region}.console.aws.amazon.com/servicequotas/home/services/ec2/quotas`;
  return new MegalithError('QUOTA', `${named} of this account in ${region} has no room for "${shape.type}"`, {
    hint: `ask for at least ${shape.cpus} vCPUs more than are in use at ${where}, or end machines that are not needed`,
    details: { quota: quota?.code, name: quota?.name, region, neededCpus: shape.cpus, type: shape.type, market },
    cause,
  });
}

/** Where a person can ask for more. */
function quotaLink(code: string, region: string): string {
  return `https://${region}.console.aws.amazon.com/servicequotas/home/services/ec2/quotas/${code}`;
}

function missingCpus({ use, offer }: QuotaShortage): number {
  return use.usedCpus + offer.shape.cpus - use.limitCpus;
}
