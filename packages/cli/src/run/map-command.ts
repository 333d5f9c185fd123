import { resolve } from 'node:path';
import { type FunctionOptions, fromModule } from '@megalith/core';
import type { JobFlagValues } from '../flags/job-flags.js';
import { jobSettings } from '../flags/job-options.js';
import type { PlanFlagValues } from '../flags/plan-flags.js';
import { areParts, type CutFlags, openParts } from '../input/data-parts.js';
import { type DataSource, openData } from '../input/data-source.js';
import { readPaths } from '../input/read-paths.js';
import { type ModuleExport, moduleExport, moduleUrl, reduceExport } from './module-export.js';
import { refuseDetached } from './refuse-detached.js';
import type { SessionOptions } from './session.js';
import { sharedFiles } from './shared-flag.js';

export interface MapFlags extends JobFlagValues, CutFlags {
  readonly data: string;
  readonly reduce?: string | undefined;
  readonly output?: string | undefined;
  readonly shared?: readonly string[] | undefined;
  readonly isolation?: string | undefined;
  readonly store?: string | undefined;
  readonly keep?: string | undefined;
  readonly 'keep-order': boolean;
  readonly 'dry-run'?: boolean | undefined;
}

/** What `megalith map` does. @param target `MODULE#EXPORT` @returns the exit code */
export async function mapCommand(target: string, flags: MapFlags, json: boolean): Promise<number> {
  if (flags['dry-run'] === true) return planMap(target, flags, json);
  const { work, job, session, source } = await readyMap(target, flags);
  const { runMap } = await import('./map.js');
  return runMap({
    work,
    reduce: flags.reduce === undefined ? undefined : reduceExport(flags.reduce, work),
    source,
    output: flags.output,
    keepOrder: flags['keep-order'],
    json,
    job,
    session: { ...session, tellsPlan: !json },
  });
}

/** What `megalith plan map` does. @returns the exit code */
export async function planMap(target: string, flags: MapFlags & PlanFlagValues, json: boolean): Promise<number> {
  const { work, job, session, source } = await readyMap(target, flags);
  const { showPlan } = await import('./show-plan.js');
  return showPlan({
    work: fromModule(moduleUrl(work), work.exportName),
    job,
    session,
    source,
    isSingle: false,
    json,
    flags,
  });
}

interface ReadyMap {
  readonly work: ModuleExport;
  readonly job: FunctionOptions;
  readonly session: SessionOptions;
  readonly source: DataSource<unknown>;
}

async function readyMap(target: string, flags: MapFlags): Promise<ReadyMap> {
  const work = moduleExport(target);
  refuseDetached(flags.detach, { output: flags.output, reduce: flags.reduce, fetch: flags.fetch });
  const { job: common, session } = jobSettings(flags);
  const shared = flags.shared === undefined ? {} : sharedFiles(flags.shared);
  const job: FunctionOptions = {
    ...common,
    ...(flags.shared === undefined ? {} : { shared }),
    ...(flags.output === undefined ? {} : { writes: [resolve(flags.output)] }),
    ...(flags.store === undefined ? {} : { store: flags.store }),
    ...(flags.keep === undefined ? {} : { keep: flags.keep }),
    ...(flags.isolation === undefined ? {} : { isolation: flags.isolation as 'process' | 'threads' }),
  };
  const source = (await areParts(flags.data, flags)) ? openParts(flags.data, flags) : await openData(flags.data);
  const tables = readPaths(Object.values(shared).map(({ path }) => path));
  return { work, job: { ...job, reads: [...(job.reads ?? []), ...source.reads, ...tables] }, session, source };
}
