import type { HostJob } from '../host/host-job.js';
import type { JobHost } from '../host/job-host.js';
import type { Interruption, MachineStatus, RunningJob } from '../protocol/machine-messages.js';
import type { AgentLoad, IdleVerdict } from './idle-clock.js';
import type { LeaseRecord } from './judge-lease.js';

/** What holds the agent up. */
export function agentLoad(
  host: JobHost,
  rest: Pick<AgentLoad, 'draining' | 'awaited' | 'stays' | 'unread'>,
): AgentLoad {
  const { jobs, connections } = host;
  const waitingForClient = jobs.filter(waitsForClient).length;
  return { jobs: jobs.length, waitingForClient, clients: connections.working, ...rest };
}

/** Nothing of the job runs or could run, and only a client can change that. */
function waitsForClient(job: HostJob): boolean {
  if (job.running > 0) return false;
  return job.waitsFor !== undefined || (job.taskCount === undefined && job.received === job.settled);
}

/** The jobs as people want to see them, with their places in the line. */
export function runningJobs(host: JobHost): RunningJob[] {
  let place = 0;
  return host.jobs.map(job => {
    const { spec, waitsFor, journal, running, durable } = job;
    const { counts } = journal.tally;
    const isInLine = job.ready && job.slots === 0 && job.waiting > 0 && job.stopped === undefined;
    return {
      id: spec.id,
      name: spec.name,
      running,
      settled: counts.done + counts.failed + counts.cancelled,
      failed: counts.failed,
      clients: durable === undefined ? 1 : durable.readers.size,
      cpus: spec.requirements.cpus,
      ...(job.taskCount === undefined ? {} : { total: job.taskCount }),
      ...(spec.requirements.memoryBytes === undefined ? {} : { memoryBytes: spec.requirements.memoryBytes }),
      ...(isInLine ? { place: ++place } : {}),
      ...(waitsFor === undefined ? {} : { waitsFor }),
    };
  });
}

export interface StatusFacts {
  readonly agent: string;
  readonly startedAt: number;
  readonly now: number;
  readonly idleMs: number;
  readonly clients: number;
  readonly draining: boolean;
  readonly verdict: IdleVerdict;
  readonly leases: LeaseRecord;
  /** Why it takes no new jobs. */
  readonly closed: string | undefined;
  readonly expiresAt: number | undefined;
  readonly interruption: Interruption | undefined;
}

export function machineStatus(host: JobHost, { verdict, leases, closed, ...facts }: StatusFacts): MachineStatus {
  const { expiresAt, interruption, ...rest } = facts;
  const { label, lease } = leases;
  return {
    machine: host.machine,
    ...rest,
    reasons: [...verdict.reasons, ...(closed === undefined ? [] : [closed])],
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(interruption === undefined ? {} : { interruption }),
    ...(label === undefined ? {} : { label }),
    ...(lease === undefined ? {} : { lease: { ...lease.holder, label: lease.label, until: lease.until } }),
    ...(verdict.endsAt === undefined ? {} : { endsAt: verdict.endsAt }),
    jobs: runningJobs(host),
  };
}
