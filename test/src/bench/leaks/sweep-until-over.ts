import { setTimeout as delay } from 'node:timers/promises';
import { isAlive } from './machine-watch.js';
import { sweepDelayMs, sweepOnce } from './pool-here.js';
import type { RunSite } from './run-site.js';

/** Sweeps once, and tells the watch what it ended. */
export async function sweep({ pool, watch }: RunSite): Promise<void> {
  const { deeds } = await sweepOnce(pool);
  for (const deed of deeds) {
    if (deed.outcome !== 'done' || !('verdict' in deed) || !('machine' in deed.verdict)) continue;
    const { machine, action, reason, because } = deed.verdict;
    if (action === 'terminate') watch.sweptFor(machine, reason === 'expired' ? 'its end has passed' : because);
  }
}

/** Sweeps until no machine is alive, or none may be: then twice more. */
export async function sweepUntilOver(site: RunSite): Promise<void> {
  const { run, ec2, overAt } = site;
  // Real machines take longer for everything, and many share this one.
  const pauseMs = run.hosts === undefined ? sweepDelayMs : 4 * sweepDelayMs;
  while (ec2.instances().some(isAlive) && Date.now() < overAt()) {
    await sweep(site);
    await delay(pauseMs);
  }
  await sweep(site);
  await delay(sweepDelayMs);
  await sweep(site);
}
