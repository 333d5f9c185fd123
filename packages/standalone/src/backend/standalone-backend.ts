import { isLower, MegalithError } from '@megalith/agent';
import {
  type Backend,
  type BackendJob,
  type Candidate,
  type DurableRun,
  type JobRequest,
  type JobRun,
  requireClearance,
} from '@megalith/core';
import type { Machine } from '../machine.js';
import { spreadRun } from '../spread/spread-run.js';
import { AgentLink, type LinkOptions } from './agent-link.js';
import { fitOf } from './choose-machines.js';
import { onFirstDone } from './first-done.js';
import { firstThatRuns } from './first-that-runs.js';
import { hostCandidates, machinesOf } from './host-candidates.js';
import { bringInputs, withOutputs } from './job-files.js';
import { withLimit } from './limit-tasks.js';
import type { MachineMaker } from './machine-maker.js';
import type { PlacedJobs } from './placed-jobs.js';
import { runOnMade } from './run-on-made.js';
import { whenOver } from './when-over.js';

export interface StandaloneSetup extends LinkOptions {
  readonly machines: readonly Machine[];
  /** Where machines come from for jobs that fit none of these. */
  readonly maker?: MachineMaker;
  /** Remembers which job went where. */
  readonly placed: PlacedJobs;
  /** Tasks of a job at once, on all machines together. @defaultValue as many as fit */
  readonly slots?: number;
}

/** Jobs on machines that are reached through their agents. What runs there outlives this client. */
export function createStandaloneBackend(setup: StandaloneSetup): Backend {
  const links = new Map<Machine, AgentLink>();
  const linkTo = (machine: Machine): AgentLink => {
    const known = links.get(machine);
    if (known !== undefined) return known;
    const link = new AgentLink(machine, setup);
    links.set(machine, link);
    return link;
  };

  /**
   * Sends a job to a machine, and nothing else does: here its data is held back from where it may not go.
   * @param slots so many of its tasks run there at once at most
   */
  const runOn = (machine: Machine, job: BackendJob, isAlone: boolean, slots?: number): DurableRun => {
    requireClearance(job.label, machine, job.name);
    const link = linkTo(machine);
    const open = link.open.bind(link);
    const { inputs = [], outputs = [] } = job;
    const ownFolder = machine.provider !== 'local' || inputs.length + outputs.length > 0;
    return link.connection.run(job, {
      // With several machines it is the client that counts a task's tries.
      hostRetries: isAlone,
      folder: ownFolder ? '' : process.cwd(),
      slots,
      ...(inputs.length === 0 ? {} : { bringFiles: () => bringInputs(open, job, machine.name) }),
    });
  };

  const runWhole = (machine: Machine, job: BackendJob): JobRun =>
    withOutputs(runOn(machine, job, true, setup.slots), job, () => [outputPlace(machine)]);

  const outputPlace = (machine: Machine) => {
    const link = linkTo(machine);
    return { name: machine.name, open: link.open.bind(link) };
  };

  /** Parts of the job on several machines, each with a folder of its own. */
  const runSpread = (machines: readonly Machine[], job: BackendJob): JobRun => {
    const done = new Set<Machine>();
    const places = machines.map(machine => ({
      name: machine.name,
      slots: fitOf(machine, job).slots ?? 1,
      run: (part: BackendJob) => onFirstDone(runOn(machine, part, false), () => done.add(machine)),
      // A machine that was never reached has no tasks yet, and is not silent.
      heardAt: () => linkTo(machine).connection.heardAt || performance.now(),
    }));
    return withOutputs(spreadRun(job, places), job, () => [...done].map(outputPlace));
  };

  const runOnNew = (maker: MachineMaker, job: BackendJob, place: Candidate): JobRun => {
    const done = new Set<Machine>();
    let wholeUsd: number | undefined;
    const run = runOnMade(maker, job, place, {
      begin: (machine, part, { isAlone, tasks }) => {
        const its = runOn(machine, part, isAlone, setup.slots === undefined ? undefined : tasks);
        return { run: onFirstDone(its, () => done.add(machine)), wasSent: () => its.wasSent };
      },
      heardAt: machine => linkTo(machine).connection.heardAt,
      leave: async machine => {
        await linkTo(machine).close();
        links.delete(machine);
      },
    });
    const whole = whenOver(
      withOutputs(run, job, () => [...done].map(outputPlace)),
      async () => {
        // Outputs may have opened a way to a machine again.
        for (const machine of done) {
          await links.get(machine)?.close();
          links.delete(machine);
        }
        wholeUsd = maker.costUsd(job);
        await maker.over(job);
      },
    );
    return Object.assign(whole, { costUsd: () => wholeUsd ?? maker.costUsd(job) });
  };

  const beginOnHosts = (job: BackendJob, place: Candidate): JobRun => {
    const { machines, isTogether } = machinesOf(place, setup.machines, job);
    const [first, ...others] = machines;
    if (first === undefined) throw noMachine();
    requireClearance(job.label, first, job.name);
    setup.placed.add(job, machines);
    if (others.length === 0) return runWhole(first, job);
    if (!isTogether) return firstThatRuns(machines, machine => runWhole(machine, job));
    return withLimit(job, setup.slots, limited => runSpread(machines, limited));
  };

  return {
    name: 'standalone',
    async offers(job) {
      const there = hostCandidates(setup.machines, job, setup.slots);
      const made = (await setup.maker?.offers(job, !isFree(there, job))) ?? [];
      const all = [...there, ...made];
      return all.length > 0 ? all : [nothing()];
    },
    warm() {
      const [only, ...others] = setup.machines;
      if (only !== undefined && others.length === 0) linkTo(only).connection.warm();
    },
    run(job, place) {
      if (place.kind === 'here' || place.kind === 'host') return beginOnHosts(job, place);
      if (setup.maker === undefined) throw noMachine();
      requireClearance(job.label, setup.maker.site, job.name);
      return runOnNew(setup.maker, job, place);
    },
    async close() {
      await Promise.all([...links.values()].map(link => link.close()));
      links.clear();
    },
  };
}

/** Whether a host does the job for nothing, and nobody is in a hurry: then no machine that costs something could be better, and a cloud is slow to ask. */
function isFree(hosts: readonly Candidate[], { label, goal }: JobRequest): boolean {
  if (goal.objective !== 'cost' || goal.deadlineMs !== undefined) return false;
  return hosts.some(({ rejected, site }) => rejected === undefined && !isLower(site.clearance, label));
}

/** What there is where nothing is configured. */
function nothing(): Candidate {
  const { code, message: explanation, hint = '' } = noMachine();
  return {
    backend: 'standalone',
    id: 'hosts',
    kind: 'host',
    site: { name: 'hosts', kind: 'on-prem', clearance: 'public' },
    billing: { per: 'nothing' },
    startMs: 0,
    description: 'hosts of the inventory',
    cpus: 0,
    usableMemoryBytes: 0,
    slots: 0,
    usdPerHour: 0,
    rejected: { reason: 'NOT_CONFIGURED', explanation, hint, code },
  };
}

function noMachine(): MegalithError {
  return new MegalithError('NOT_CONFIGURED', 'the backend "standalone" has no machine that fits', {
    hint: 'see `megalith hosts`; add one with `megalith hosts add user@host`',
  });
}
