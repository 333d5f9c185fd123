import { resolve } from 'node:path';
import { isLabel } from '@megalith/agent';
import type { SharedPart } from '../../backends/backend.js';
import type { CarriedLabel } from '../../labels/labelled.js';
import { withoutLinks } from '../../labels/without-links.js';
import type { JobProfile } from '../../placement/job-profile.js';
import { unknownProfile } from '../../placement/job-profile.js';
import { labelOf } from '../../placement/label-of.js';
import { type JobSettings, labelVariable } from '../job-settings.js';
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
  /** Why its tasks can run on this machine alone; undefined where they can run elsewhere. */
  readonly onlyHere?: () => Promise<string | undefined>;
  /** What its tasks share: undefined where nobody knows yet. */
  readonly shared?: readonly SharedPart[];
}

/**
 * What backends and the planner need to know of a job: how sensitive its data is, and what its tasks need as far as anybody knows.
 * @param codeHash names its code, for what earlier runs have shown; undefined where there is none yet
 */
export async function describeJob(
  { id, name, settings, taskCount, inherited, onlyHere, shared = [] }: JobFacts,
  codeHash: string | undefined,
  desk: PlacingDesk,
): Promise<PlaceableJob> {
  const { requirements, tags, label: said, goal, wants } = settings;
  const [paths, files] = await Promise.all([
    bothNames(settings.inputs.map(({ path }) => path)),
    bothNames([...settings.reads, ...filesIn(shared)]),
  ]);
  const [{ policy }, ofItems, bound, ofFiles, profile] = await Promise.all([
    desk.config(),
    inherited(),
    onlyHere?.(),
    desk.labels.labelsUnder([...paths, ...files]),
    profileOf(settings, codeHash, desk),
  ]);
  const facts = {
    tags,
    paths,
    files,
    inherited: [...ofItems, ...ofFiles, ...ofTask()],
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
    ...(bound === undefined ? {} : { onlyHere: bound }),
  };
}

/** A file of the place where tasks run, which may be this very machine. */
function filesIn(shared: readonly SharedPart[]): readonly string[] {
  return shared.flatMap(({ spec }) => (spec.source === 'file' ? [spec.path] : []));
}

/** Of the task that this program runs in. */
function ofTask(): readonly CarriedLabel[] {
  const label = process.env[labelVariable];
  if (label === undefined) return [];
  // What nobody can read is not to be taken for nothing.
  return [{ label: isLabel(label) ? label : 'restricted', from: 'the job that this is a task of' }];
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
