import type { FunctionOptions } from '@megalith/core';
import type { JobFlagValues } from '../flags/job-flags.js';
import { jobSettings } from '../flags/job-options.js';
import { moduleExport, reduceExport } from './module-export.js';
import { refuseDetached } from './refuse-detached.js';
import { sharedFiles } from './shared-flag.js';
import { whereItFits } from './where-it-fits.js';

export interface MapFlags extends JobFlagValues {
  readonly data: string;
  readonly reduce?: string | undefined;
  readonly output?: string | undefined;
  readonly shared?: readonly string[] | undefined;
  readonly isolation?: string | undefined;
  readonly 'keep-order': boolean;
  readonly 'dry-run'?: boolean | undefined;
}

/** What `megalith map` does. @param target `MODULE#EXPORT` @returns the exit code */
export async function mapCommand(target: string, flags: MapFlags, json: boolean): Promise<number> {
  const work = moduleExport(target);
  refuseDetached(flags.detach, { output: flags.output, reduce: flags.reduce, fetch: flags.fetch });
  const settings = jobSettings(flags);
  const job: FunctionOptions = {
    ...settings.job,
    ...(flags.shared === undefined ? {} : { shared: sharedFiles(flags.shared) }),
    ...(flags.isolation === undefined ? {} : { isolation: flags.isolation as 'process' | 'threads' }),
  };
  const session = await whereItFits(job, settings.session);
  if (flags['dry-run'] === true) {
    const { showPlan } = await import('./show-plan.js');
    return showPlan(job, session, json);
  }
  const { runMap } = await import('./map.js');
  return runMap({
    work,
    reduce: flags.reduce === undefined ? undefined : reduceExport(flags.reduce, work),
    source: flags.data,
    output: flags.output,
    keepOrder: flags['keep-order'],
    json,
    job,
    session,
  });
}
