import { isMegalithError } from '@megalith/agent';
import type { CloudMachine } from '../../pool/cloud-machine.js';
import type { CloudShape } from '../../pool/offer.js';
import type { CallOptions } from './call.js';
import { detailsOf } from './cloud-error.js';
import type { Ec2Api } from './ec2-client.js';
import { cpusInUse, type QuotaUse, type VcpuQuota } from './quota.js';

export type QuotaApi = Pick<Ec2Api, 'quota' | 'defaultQuota'>;

/** What a quota allows, or why nobody knows. */
type QuotaLimit = { readonly limitCpus: number } | { readonly note: string };

/** The limits of an account in a region, each remembered for a while. */
export interface QuotaLimits {
  /** @throws MegalithError of the call, but for one that is not permitted: that is a note */
  limit(quota: VcpuQuota, options?: CallOptions): Promise<QuotaLimit>;
}

/** Limits change by the hand of AWS's support, and a request for more takes hours. */
const keptMs = 10 * 60_000;

/** Reads limits from Service Quotas. @param now epoch milliseconds */
export function quotaLimits(api: QuotaApi, now: () => number = Date.now): QuotaLimits {
  const known = new Map<string, { readonly limit: QuotaLimit; readonly until: number }>();
  return {
    async limit(quota, options = {}) {
      const kept = known.get(quota.code);
      if (kept !== undefined && now() < kept.until) return kept.limit;
      const limit = await readLimit(api, quota, options);
      known.set(quota.code, { limit, until: now() + keptMs });
      return limit;
    },
  };
}

async function readLimit(api: QuotaApi, { code, name }: VcpuQuota, options: CallOptions): Promise<QuotaLimit> {
  try {
    const granted = await ifKnown(() => api.quota('ec2', code, options));
    // An account that never asked for more may have no value of its own.
    const value = granted?.Value ?? (await ifKnown(() => api.defaultQuota('ec2', code, options)))?.Value;
    return value === undefined ? { note: `Service Quotas has no value for "${name}" (${code})` } : { limitCpus: value };
  } catch (error) {
    if (detailsOf(error)?.class !== 'forbidden' || !isMegalithError(error)) throw error;
    return {
      note: `these credentials may not read the quota "${name}" (${code}), so that nobody knows before AWS refuses: ${error.hint}`,
    };
  }
}

async function ifKnown<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    const details = detailsOf(error);
    if (details?.class === 'missing' || details?.awsCode === 'NoSuchResourceException') return undefined;
    throw error;
  }
}

/** vCPUs that machines have in use, by the quota's code. */
export interface MachineUse {
  readonly cpus: ReadonlyMap<string, number>;
  /** Types that no shape is known of: they count as nothing. */
  readonly unknownTypes: readonly string[];
}

/**
 * Counts the vCPUs of machines. An account may have others, which are not ours to list: it is the least that is in use.
 * @param shapes by type
 */
export function cpusOf(machines: Iterable<CloudMachine>, shapes: ReadonlyMap<string, CloudShape>): MachineUse {
  const all = [...machines];
  const unknownTypes = [...new Set(all.map(machine => machine.type).filter(type => !shapes.has(type)))];
  return {
    cpus: cpusInUse(all.map(({ type, market, state }) => ({ type, market, state, cpus: shapes.get(type)?.cpus ?? 0 }))),
    unknownTypes,
  };
}

/** What the quotas allow and what of it is in use, for those whose limit can be read; notes for people on the others. */
export async function quotaUses(
  limits: QuotaLimits,
  quotas: readonly VcpuQuota[],
  used: ReadonlyMap<string, number>,
  options: CallOptions = {},
): Promise<{ readonly uses: ReadonlyMap<string, QuotaUse>; readonly notes: readonly string[] }> {
  const found = await Promise.all(quotas.map(async quota => ({ quota, limit: await limits.limit(quota, options) })));
  const uses = new Map<string, QuotaUse>();
  const notes: string[] = [];
  for (const { quota, limit } of found) {
    if ('note' in limit) notes.push(limit.note);
    else uses.set(quota.code, { limitCpus: limit.limitCpus, usedCpus: used.get(quota.code) ?? 0 });
  }
  return { uses, notes };
}
