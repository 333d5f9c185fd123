import { isLower, type Label, MegalithError } from '@megalith/agent';
import {
  type Backend,
  type BackendJob,
  type Candidate,
  type DurableRun,
  formatSize,
  type JobRequest,
  type JobRun,
} from '@megalith/core';
import type { Machine } from '../machine.js';
import { spreadRun } from '../spread/spread-run.js';
import { AgentLink, type LinkOptions } from './agent-link.js';
import { chooseMachines, type Fit, fitOf } from './choose-machines.js';
import { onFirstDone } from './first-done.js';
import { firstThatRuns } from './first-that-runs.js';
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

  /** @param slots so many of its tasks run there at once at most */
  const runOn = (machine: Machine, job: BackendJob, isAlone: boolean, slots?: number): DurableRun => {
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

  const runOnNew = (maker: MachineMaker, job: BackendJob): JobRun => {
    const done = new Set<Machine>();
    const run = runOnMade(maker, job, {
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
    return whenOver(
      withOutputs(run, job, () => [...done].map(outputPlace)),
      async () => {
        // Outputs may have opened a way to a machine again.
        for (const machine of done) {
          await links.get(machine)?.close();
          links.delete(machine);
        }
        await maker.over(job);
      },
    );
  };

  const begin = (job: BackendJob): JobRun => {
    const machines = chooseMachines(setup.machines, job);
    const [first, ...others] = machines;
    if (first === undefined) {
      if (setup.maker === undefined) throw noMachine();
      return runOnNew(setup.maker, job);
    }
    setup.placed.add(job, machines);
    if (others.length === 0) return runWhole(first, job);
    if (job.taskCount === 1 || job.detached === true) return firstThatRuns(machines, machine => runWhole(machine, job));
    return withLimit(job, setup.slots, limited => runSpread(machines, limited));
  };

  return {
    name: 'standalone',
    async offers(job) {
      const there = offer(setup, job);
      if (setup.maker === undefined || (setup.machines.length > 0 && there.rejected === undefined)) return [there];
      const made = await setup.maker.offer(job);
      return setup.machines.length === 0 ? [made] : [there, made];
    },
    warm() {
      const [only, ...others] = setup.machines;
      if (only !== undefined && others.length === 0) linkTo(only).connection.warm();
    },
    run: begin,
    async close() {
      await Promise.all([...links.values()].map(link => link.close()));
      links.clear();
    },
  };
}

function offer({ machines, slots: most = Number.POSITIVE_INFINITY }: StandaloneSetup, job: JobRequest): Candidate {
  const fits = machines.map(machine => fitOf(machine, job));
  const good = fits.filter(fit => fit.rejected === undefined);
  const known = (good.length > 0 ? good : fits).map(fit => fit.machine);
  const allCpus = known.reduce((sum, { shape }) => sum + (shape?.cpus ?? 0), 0);
  const largest = Math.max(0, ...known.map(({ shape }) => shape?.usableMemoryBytes ?? 0));
  const candidate: Candidate = {
    backend: 'standalone',
    id: 'hosts',
    kind: 'host',
    site: { name: 'hosts', kind: 'on-prem', clearance: lowestOf(known) },
    billing: { per: 'nothing' },
    startMs: hostStartMs,
    description: described(known, allCpus, largest),
    cpus: Math.max(0, ...known.map(({ shape }) => shape?.cpus ?? 0)),
    usableMemoryBytes: largest,
    slots: Math.min(
      most,
      good.reduce((sum, fit) => sum + (fit.slots ?? 1), 0),
    ),
    usdPerHour: known.reduce((sum, machine) => sum + machine.usdPerHour, 0),
  };
  if (good.length > 0) return candidate;
  // Of several refusals the last to give way is told: that of the largest machine.
  const [nearest] = fits.toSorted((a, b) => sizeOf(b) - sizeOf(a));
  return {
    ...candidate,
    rejected: nearest?.rejected ?? { reason: 'NOT_CONFIGURED', explanation: noMachine().message },
  };
}

/** Connection, bootstrap and the start of a job, milliseconds: `pnpm bench ssh`. */
const hostStartMs = 1000;

/** Where a job's tasks may go to any of several machines, the least of them decides. */
function lowestOf(machines: readonly Machine[]): Label {
  const [first = 'public', ...others] = machines.map(machine => machine.clearance);
  return others.reduce<Label>((least, other) => (isLower(other, least) ? other : least), first);
}

function sizeOf({ machine: { shape } }: Fit): number {
  return shape?.usableMemoryBytes ?? 0;
}

function described(machines: readonly Machine[], cpus: number, largestBytes: number): string {
  const names = machines.map(machine => machine.name);
  const shown = names.length > 4 ? `${names.slice(0, 4).join(', ')} and ${names.length - 4} more` : names.join(', ');
  if (cpus === 0) return `${shown}, not looked at yet`;
  const each = names.length > 1 ? `${cpus} cpus, up to ` : `${cpus} cpus, `;
  return `${shown}, ${each}${formatSize(largestBytes)} usable`;
}

function noMachine(): MegalithError {
  return new MegalithError('NOT_CONFIGURED', 'the backend "standalone" has no machine that fits', {
    hint: 'see `megalith hosts`; add one with `megalith hosts add user@host`',
  });
}
