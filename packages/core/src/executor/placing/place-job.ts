import { basename } from 'node:path';
import type { CommandWork, FunctionWork, Label, Requirements } from '@megalith/agent';
import type { BackendJob, Candidate, JobRun, TaskEvents, TaskSource } from '../../backends/backend.js';
import { labelFiles } from '../../labels/label-files.js';
import { dependsOnGuess } from '../../placement/depends-on-guess.js';
import { afterwards } from '../../placement/goal.js';
import { codeHashOf } from '../../placement/history/code-hash.js';
import { probeLimitMs, probeSize, profileFromProbe } from '../../placement/history/probe.js';
import type { SamplePlace } from '../../placement/history/task-sample.js';
import { plan } from '../../placement/plan.js';
import type { Policy } from '../../placement/policy.js';
import { jobStorage, storageAt } from '../../pointers/job-storage.js';
import type { Prepared } from '../conductor.js';
import { type JobSettings, labelVariable } from '../job-settings.js';
import type { LegPlan } from '../legs/leg.js';
import { type LegsOptions, LegsRun } from '../legs/legs-run.js';
import type { Probed } from '../legs/probe-watch.js';
import type { Plan } from '../types.js';
import { type Asked, askBackends, type PlaceableJob } from './ask-backends.js';
import { describeJob, type JobFacts } from './describe-job.js';
import { Escalation, type EscalationOptions } from './escalation.js';
import { JobPlans } from './job-plans.js';
import { LegPlans } from './leg-plans.js';
import type { PlacingDesk } from './placing-desk.js';
import { requirementsAt } from './requirements-at.js';
import { splitJob } from './split-job.js';
import { workAt } from './work-at.js';

/** Who hears how a job is placed. */
export interface PlacingHooks {
  readonly planned: (plan: Plan) => void;
  readonly moved: EscalationOptions['tell'];
  /** How a place that has to be made comes to be, in words. */
  readonly tell: (words: string) => void;
}

/** A job that has a place. */
export interface PlacedJob {
  readonly job: PlaceableJob;
  /** Names its code, for what its tasks show. */
  readonly codeHash: string;
  /** Where the tasks ran that these events of its run are about. */
  placeOf(events: TaskEvents): SamplePlace;
  /** Begins it. @param life counts from 1: a job that was lost there may begin again */
  start(life: number): JobRun;
}

export interface JobToPlace extends JobFacts {
  readonly prepared: Prepared;
  readonly tasks: TaskSource;
  readonly items: unknown;
}

/**
 * Finds the place, or the places, of a job. When it settles, the decision is in the audit log, and the files that the job will leave carry its label.
 * @throws MegalithError NO_PLACEMENT, POLICY and what the only place says; CONFIG, JOURNAL_FAILED
 */
export async function placeJob(facts: JobToPlace, desk: PlacingDesk, hooks: PlacingHooks): Promise<PlacedJob> {
  const { prepared, settings, tasks } = facts;
  const since = performance.now();
  const codeHash = codeHashOf(prepared.work);
  const [{ policy, data: usual }, backends, job] = await Promise.all([
    desk.config(),
    desk.choosable(settings.wants),
    describeJob({ ...facts, shared: prepared.shared }, codeHash, desk),
  ]);
  const plans = new JobPlans(desk, job, workName(prepared.work, job.name));
  const split = settings.memoryOf === undefined ? undefined : await splitJob(facts, job, backends, policy);
  const asked = split?.asked ?? (await askBackends(job, backends, policy));
  hooks.planned(asked.plan);
  const probes = split === undefined && isWorthProbing(job, settings, asked, policy);
  const probeAt = (chosen: Candidate): Candidate => (probes ? probePlace(job, asked, policy, chosen) : chosen);
  const place = await plans.settle(asked.plan, probeAt);
  await noteOutputs(settings, job, policy, desk);

  const wish = { store: settings.store, keep: settings.keep, usual: usual?.store };
  const storage = await jobStorage({ ...job, work: prepared.work }, wish, desk.stores);
  const base: Omit<BackendJob, 'tasks'> = { ...job, ...prepared, ...travelling(settings, job.label), tell: hooks.tell };
  const isElsewhere = backends.filter(each => each.isConfigured).length > 1 || asked.candidates.length > 1;
  const escalates = settings.escalates && !settings.detached && isElsewhere;
  let inLegs: LegsRun | undefined;
  const ownPlace = samplePlace(job.id, place, requirementsAt(place, job));
  const placeOf = (events: TaskEvents): SamplePlace => {
    const leg = inLegs?.legOf(events);
    return leg === undefined ? ownPlace : samplePlace(job.id, leg.place, leg.requirements);
  };
  const start = (life: number): JobRun => {
    // A job that was lost has a record of its own already.
    const own = life === 1 ? base : { ...base, id: `${job.id}-life${life}` };
    if (!escalates && !probes && split === undefined) {
      const requirements = requirementsAt(place, job);
      const there = { requirements, work: workAt(place, own.work), ...storageAt(place, storage) };
      return asked.backendOf(place).run({ ...own, ...there, tasks }, place);
    }
    const legs = new LegPlans(own, storage);
    const run: LegsRun = new LegsRun({
      tasks,
      ...(split === undefined ? firstLegs(probeAt(place), asked, job, legs) : split.legs(legs)),
      ...(escalates
        ? {
            moveOf: new Escalation({
              job,
              backends,
              policy,
              plans,
              legs,
              spent: () => ({ usd: run.costUsd(), movedUsd: run.movedUsd() }),
              since,
              tell: hooks.moved,
            }).moveOf,
          }
        : {}),
      ...(probes ? { probe: probeOf(job, asked, policy, plans, legs, hooks, since) } : {}),
    });
    inLegs = run;
    return run;
  };
  return { job, codeHash, placeOf, start };
}

/** A task has the processors that it asked for; in a function those that the function's memory buys. */
function samplePlace(
  job: string,
  { kind, cpus, usableMemoryBytes }: Candidate,
  requirements: Requirements,
): SamplePlace {
  const memoryBytes = Math.min(requirements.memoryBytes ?? usableMemoryBytes, usableMemoryBytes);
  return { job, vcpus: kind === 'function' ? cpus : requirements.cpus, memoryBytes };
}

function firstLegs(place: Candidate, asked: Asked, job: PlaceableJob, legs: LegPlans): Pick<LegsOptions, 'legs'> {
  return { legs: [legs.leg(place, asked.backendOf(place), requirementsAt(place, job), job.profile, job.taskCount)] };
}

function isWorthProbing(job: PlaceableJob, settings: JobSettings, asked: Asked, policy: Policy): boolean {
  const { taskCount = Number.POSITIVE_INFINITY } = job;
  if (settings.detached || taskCount <= probeSize(taskCount)) return false;
  return dependsOnGuess(job, asked.candidates, policy);
}

/** Where the first tasks show what they need: here, where that may be, since it begins at once and costs nothing; with a deadline wherever they end first. */
function probePlace(job: PlaceableJob, asked: Asked, policy: Policy, chosen: Candidate): Candidate {
  const here = asked.plan.candidates.find(({ kind, estimate }) => kind === 'here' && estimate !== undefined);
  if (here !== undefined || job.goal.deadlineMs === undefined) return here ?? chosen;
  return plan({ ...job, goal: { ...job.goal, objective: 'time' } }, asked.candidates, policy).chosen ?? chosen;
}

function probeOf(
  job: PlaceableJob,
  asked: Asked,
  policy: Policy,
  plans: JobPlans,
  legs: LegPlans,
  hooks: PlacingHooks,
  since: number,
): NonNullable<LegsOptions['probe']> {
  const size = probeSize(job.taskCount);
  const decide = async (probed: Probed): Promise<LegPlan> => {
    const profile = profileFromProbe(probed.done, probed.runningMs, job);
    const { taskCount } = job;
    const rest = {
      ...job,
      profile,
      goal: afterwards(job.goal, performance.now() - since),
      ...(taskCount === undefined ? {} : { taskCount: Math.max(1, taskCount - size) }),
    };
    const decided = plan(rest, asked.candidates, policy);
    hooks.planned(decided);
    const place = await plans.settle(decided);
    return legs.leg(place, asked.backendOf(place), requirementsAt(place, rest), profile, rest.taskCount);
  };
  return { tasks: size, limitMs: probeLimitMs, decide };
}

function noteOutputs(
  { outputs, writes }: JobSettings,
  { id, name, label }: PlaceableJob,
  { defaultLabel }: Policy,
  desk: PlacingDesk,
): Promise<void> {
  const paths = [...outputs.map(({ dest }) => dest), ...writes];
  return labelFiles(paths, { label, from: `job "${name}" (${id})`, defaultLabel }, desk);
}

/** What of a job's settings its place needs to know. */
function travelling(
  { env, cwd, secrets, inputs, outputs, onTransfer, detached, stopsOnFailure, rule }: JobSettings,
  label: Label,
) {
  const { retries, backoffMs, factor, maxBackoffMs } = rule;
  return {
    // A job that a task starts is as sensitive as the task.
    env: { ...env, [labelVariable]: label },
    ...(cwd === undefined ? {} : { cwd }),
    secrets,
    inputs,
    outputs,
    ...(onTransfer === undefined ? {} : { onTransfer }),
    detached,
    // With tries left, only whoever counts them knows which failure is for good: this program, where the rule is a function of it.
    stopsOnFailure: stopsOnFailure && (retries === 0 || rule.hostRule),
    ...(rule.hostRule ? { retry: { retries, backoffMs, factor, maxBackoffMs } } : {}),
  };
}

/** What runs, for the audit log: the program of a command, without arguments, which may hold anything. */
function workName(work: FunctionWork | CommandWork, job: string): string {
  if (work.kind === 'function') return `${job} (${work.bundle.hash.slice(0, 12)})`;
  return work.argv === undefined ? 'a shell line' : basename(work.argv[0]!);
}
