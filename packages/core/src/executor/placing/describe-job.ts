import { resolve } from 'node:path';
import type { CarriedLabel } from '../../labels/labelled.js';
import { withoutLinks } from '../../labels/without-links.js';
import type { JobProfile } from '../../placement/job-profile.js';
import { unknownProfile } from '../../placement/job-profile.js';
import { labelOf } from '../../placement/label-of.js';
import type { JobSettings } from '../job-settings.js';
import type { PlaceableJob } from './ask-backends.js';
import type { PlacingDesk } from './placing-desk.js';

/** A job before anything is known of where it could go. */
export interface JobFacts {
  readonly id: string;
  readonly name: string;
  readonly settings: JobSettings;
  /** Undefined for a lazy input. */
  readonly taskCount: number | undefined;
  /** The labels that its items carry. */
  readonly inherited: () => Promise<readonly CarriedLabel[]>;
}

/**
 * What backends and the planner need to know of a job: how sensitive its data is, and what its tasks need as far as anybody knows.
 * @param codeHash names its code, for what earlier runs have shown; undefined where there is none yet
 */
export async function describeJob(
  { id, name, settings, taskCount, inherited }: JobFacts,
  codeHash: string | undefined,
  desk: PlacingDesk,
): Promise<PlaceableJob> {
  const { requirements, tags, label: said, goal, wants } = settings;
  const [paths, files] = await Promise.all([
    bothNames(settings.inputs.map(({ path }) => path)),
    bothNames(settings.reads),
  ]);
  const [{ policy }, ofItems, ofFiles, profile] = await Promise.all([
    desk.config(),
    inherited(),
    desk.labels.labelsUnder([...paths, ...files]),
    profileOf(settings, codeHash, desk),
  ]);
  const facts = {
    tags,
    paths,
    files,
    inherited: [...ofItems, ...ofFiles],
    ...(said === undefined ? {} : { label: said }),
  };
  const { label, rule } = labelOf(facts, policy);
  return {
    id,
    name,
    requirements,
    tags,
    label,
    labelRule: rule,
    goal,
    profile,
    wants,
    ...(taskCount === undefined ? {} : { taskCount }),
  };
}

async function profileOf(
  { expectedMs, requirements }: JobSettings,
  codeHash: string | undefined,
  desk: PlacingDesk,
): Promise<JobProfile> {
  const learned =
    codeHash === undefined ? undefined : await (await desk.history()).profile(codeHash, requirements.cpus, desk.at);
  const { memoryBytes } = requirements;
  const memory = memoryBytes === undefined ? {} : { memoryBytes };
  if (expectedMs === undefined) return { ...(learned ?? unknownProfile), ...memory };
  return { ...learned, taskMs: { p50: expectedMs, p90: expectedMs }, source: 'said', ...memory };
}

/** A rule may be about the name of a link, or about what it leads to. */
async function bothNames(paths: readonly string[]): Promise<readonly string[]> {
  return [...new Set([...paths.map(path => resolve(path)), ...(await withoutLinks(paths))])];
}
