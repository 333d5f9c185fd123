import type { Ec2Pool } from '../providers/ec2/ec2-pool.js';
import { sweepPool } from './pool-sweep.js';
import type { SweepLimits } from './sweep-options.js';
import type { SweepReport } from './sweep-report.js';

/** For a sweep beside other work: whatever takes longer is left to the next one. */
const limits: SweepLimits = { listMs: 20_000, askMs: 4000, checkMs: 10_000, endMs: 10_000, atOnce: 20 };

/**
 * As `sweepPool`, beside other work: machines that nobody needs are asked to end, and nobody waits until they have.
 * @throws as `sweepPool`
 */
export function quickSweep(pool: Ec2Pool, signal: AbortSignal): Promise<SweepReport> {
  const { cloud, desk } = pool;
  const ending = { ...cloud, terminate: cloud.beginEnd };
  return sweepPool({ ...pool, desk: { ...desk, cloud: ending } }, { limits, signal });
}
