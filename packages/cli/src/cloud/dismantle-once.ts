import { isMegalithError } from '@megalith/core';
import { type SweepReport, sweepPool } from '@megalith/standalone';
import { withPool } from './pool-here.js';

/** The cloud that was swept, and what came of it. */
export interface CloudSweep {
  readonly cloud: string;
  readonly region: string;
  readonly report: SweepReport;
}

/**
 * One sweep of every cloud that is configured.
 * @throws MegalithError NOT_CONFIGURED, CONFIG; NO_CREDENTIALS where the cloud lets nobody look; CANCELLED
 */
export async function dismantleOnce(dryRun: boolean, signal: AbortSignal): Promise<readonly CloudSweep[]> {
  return await withPool(async pool => {
    const report = await sweepPool(pool, { dryRun, signal });
    const { listError } = report;
    if (isMegalithError(listError) && listError.code === 'NO_CREDENTIALS') throw listError;
    return [{ cloud: pool.cloud.name, region: pool.cloud.region, report }];
  });
}
