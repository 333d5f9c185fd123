import type { StartedInstanceHosts } from '../../ec2/hosts/start-instance-hosts.js';
import type { CloudFault } from './cloud-faults.js';
import type { EndedBy } from './ended-by.js';
import { runFirstClient } from './first-client.js';
import type { Counted, KillPoint } from './kill-points.js';
import { figuresOf } from './leak-figures.js';
import { runNextClient } from './next-client.js';
import { openSite } from './run-site.js';
import { sweepUntilOver } from './sweep-until-over.js';

/** One death of one client, and what comes after. */
export interface LeakRun {
  /** Undefined: nobody is killed. */
  readonly point?: KillPoint;
  readonly fault: CloudFault;
  /** Whether another client asks for the same job after the death. */
  readonly returns: boolean;
  /** Real machines; undefined where a client never gets so far as to log in. */
  readonly hosts?: StartedInstanceHosts;
  /** For homes, and for what jobs say: machines share it. */
  readonly folder: string;
  /** Of its home, and of its job. */
  readonly name: string;
}

export interface LeakFigures {
  readonly counted: Counted;
  /** False where the client had ended before it came to the point. */
  readonly wasKilled: boolean;
  readonly machines: number;
  readonly alive: number;
  readonly duplicates: number;
  readonly healthyKilled: number;
  /** Jobs whose client came back and had no result, or that were cut off while nobody was there. */
  readonly lost: number;
  /** How often the job ran beyond what its fault excuses. */
  readonly repeated: number;
  readonly endedBy: readonly EndedBy[];
  /** What was not as it should be, in words. */
  readonly remarks: readonly string[];
}

/** A client dies, another may come, and the dismantler sweeps until nothing is left, or should be. */
export async function leakRun(run: LeakRun): Promise<LeakFigures> {
  await using site = await openSite(run);
  const first = await runFirstClient(site);
  const next = run.returns && run.point !== undefined ? await runNextClient(site) : undefined;
  await sweepUntilOver(site);
  return figuresOf(site, first, next);
}
