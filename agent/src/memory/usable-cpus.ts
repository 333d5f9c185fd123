import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { readSmallFile } from '../process/small-file.js';
import { groupAndAncestors, ownCgroup } from './own-cgroup.js';
import { bytesIn } from './usable-memory.js';

/**
 * Processors that tasks may use: those we may be scheduled on, or the CPU quota of our cgroup and its ancestors where
 * that is less. At least 1; a quota may make it a fraction.
 * @param root stands for `/` in tests
 */
export function usableCpus(root = '/', processors: number = availableParallelism()): number {
  const place = ownCgroup('cpu', root);
  const quotas = place ? groupAndAncestors(place).map(place.version === 2 ? quotaV2 : quotaV1) : [];
  return Math.max(1, Math.min(processors, ...quotas.filter(quota => quota !== undefined)));
}

/** `cpu.max` holds quota and period; the quota may be `max`. */
function quotaV2(directory: string): number | undefined {
  const [quota, period] = readSmallFile(join(directory, 'cpu.max'))?.trim().split(' ').map(Number) ?? [];
  return quota && period ? quota / period : undefined;
}

/** A quota of -1 is none. */
function quotaV1(directory: string): number | undefined {
  const quota = bytesIn(directory, 'cpu.cfs_quota_us');
  const period = bytesIn(directory, 'cpu.cfs_period_us');
  return quota && period ? quota / period : undefined;
}
