import { quotaKindOf } from '../data/quota-codes.js';
import type { RequestFaults } from '../faults.js';
import { ApiError } from '../wire/api-error.js';
import type { Account } from './account.js';
import type { Instance } from './instance.js';
import type { LaunchSpec } from './launch-spec.js';

type Pool = Pick<LaunchSpec, 'type' | 'market' | 'subnet'>;

/**
 * How many of `wanted` instances fit into a pool, and what AWS says about the rest. `planned` are instances that the same call makes elsewhere.
 */
export function roomFor(
  account: Account,
  faults: RequestFaults,
  pool: Pool,
  wanted: number,
  planned: readonly { readonly pool: Pool; readonly count: number }[] = [],
): { count: number; problem?: ApiError } {
  const quota = quotaRoom(account, pool, planned);
  const isHere = ({ state, spec }: Instance) =>
    state !== 'terminated' &&
    state !== 'stopped' &&
    spec.type === pool.type &&
    spec.subnet.zone === pool.subnet.zone &&
    spec.market === pool.market;
  const place = { type: pool.type.type, zone: pool.subnet.zone, market: pool.market };
  const lack = faults.lackOf(place, () => [...account.instances.values()].filter(isHere).length);
  if (quota < wanted && quota <= (lack?.room ?? wanted))
    return { count: Math.max(0, quota), problem: overQuota(pool, account) };
  if (lack !== undefined && lack.room < wanted)
    return { count: lack.room, problem: noCapacity(pool, account, lack.code) };
  return { count: wanted };
}

function quotaRoom(account: Account, pool: Pool, planned: readonly { pool: Pool; count: number }[]): number {
  const kind = quotaKindOf(pool.type.type, pool.market);
  if (kind === undefined) return Number.POSITIVE_INFINITY;
  const counts = (other: Pool) => quotaKindOf(other.type.type, other.market) === kind;
  let vcpus = account.quotas.get(kind.code) ?? 0;
  for (const { state, spec } of account.instances.values()) {
    if (state !== 'stopped' && state !== 'terminated' && counts(spec)) vcpus -= spec.type.cpus;
  }
  for (const { pool: other, count } of planned) if (counts(other)) vcpus -= count * other.type.cpus;
  return Math.floor(vcpus / pool.type.cpus);
}

function overQuota({ type, market }: Pool, account: Account): ApiError {
  if (market === 'spot') return new ApiError('MaxSpotInstanceCountExceeded', 'Max spot instance count exceeded');
  const limit = account.quotas.get(quotaKindOf(type.type, market)!.code);
  return new ApiError(
    'VcpuLimitExceeded',
    `You have requested more vCPU capacity than your current vCPU limit of ${limit} allows for the instance bucket that the specified ` +
      'instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit.',
  );
}

function noCapacity({ type, subnet }: Pool, account: Account, code: string): ApiError {
  const others = account.zones.filter(zone => zone !== subnet.zone).join(', ');
  const message =
    code === 'InsufficientInstanceCapacity'
      ? `We currently do not have sufficient ${type.type} capacity in the Availability Zone you requested (${subnet.zone}). Our system will be ` +
        `working on provisioning additional capacity. You can currently get ${type.type} capacity by not specifying an Availability Zone in ` +
        `your request or choosing ${others}.`
      : `Unable to fulfill capacity for ${type.type} in ${subnet.zone}.`;
  return new ApiError(code, message);
}
