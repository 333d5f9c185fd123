import type { MachineStatus } from '@megalith/agent';
import type { Clearance } from '../inventory/host-entry.js';
import type { Machine, Shape } from '../machine.js';

/** How a machine stands, as somebody who asks it finds it. */
export interface MachineState {
  /** What `--host` takes. */
  readonly name: string;
  readonly provider: string;
  readonly clearance: Clearance;
  /** Undefined until somebody looked. */
  readonly shape: Shape | undefined;
  /**
   * `not started`: no agent of this Megalith runs there. `warm`: one waits for jobs. `leased`: one waits for a certain job. `busy`: it has some.
   * `draining`: it takes no new ones. `unreachable`: nobody knows.
   */
  readonly state: 'not started' | 'warm' | 'leased' | 'busy' | 'draining' | 'unreachable';
  /** Without disks; undefined for a machine that is paid for anyway, and where nobody knows. */
  readonly usdPerHour?: number;
  /** Of a machine that could not be asked: what is wrong. */
  readonly problem?: MachineProblem;
  /** Of a machine with an agent. */
  readonly agent?: AgentState;
}

export interface MachineProblem {
  readonly code: string;
  /** The layer of the connection that failed, where that is known. */
  readonly layer?: string;
  readonly message: string;
  readonly hint?: string;
}

export interface AgentState {
  /** The version: the start of its file's hash. */
  readonly hash: string;
  readonly upMs: number;
  readonly clients: number;
  /** Jobs with tasks that run. */
  readonly running: number;
  /** Jobs that wait for room, or for something from their client. */
  readonly queued: number;
  readonly jobs: MachineStatus['jobs'];
  /** Why it is still up, one sentence each. */
  readonly reasons: readonly string[];
  /** Time after which it ends without work. */
  readonly idleMs: number;
  /** When it ends if nothing happens, from now; undefined while something holds it. */
  readonly endsInMs?: number;
  /** The job that has the machine alone. */
  readonly leasedFor?: string;
  /** The machine's absolute end, from now. */
  readonly expiresInMs?: number;
  /** The cloud takes the machine back: what it does, and when, from now. */
  readonly interruption?: { readonly action: string; readonly inMs: number };
}

/** What `--host` calls a machine: this one has a name that does not depend on its own. */
export function nameOf(machine: Machine): string {
  return machine.provider === 'local' ? 'local' : machine.name;
}

/** The state of a machine whose agent answered. */
export function answeredState(machine: Machine, status: MachineStatus): MachineState {
  const running = status.jobs.filter(job => job.running > 0).length;
  return {
    ...known(machine),
    shape: {
      ...machine.shape,
      cpus: status.machine.cpus,
      usableMemoryBytes: status.machine.usableMemoryBytes,
    },
    state: stateOf(status),
    agent: {
      hash: status.agent,
      // Both times are of the machine's own clock.
      upMs: Math.max(0, status.now - status.startedAt),
      clients: status.clients,
      running,
      queued: status.jobs.length - running,
      jobs: status.jobs,
      reasons: status.reasons,
      idleMs: status.idleMs,
      ...times(status),
      ...(status.lease === undefined ? {} : { leasedFor: status.lease.job }),
    },
  };
}

function stateOf({ draining, jobs, lease }: MachineStatus): MachineState['state'] {
  if (draining) return 'draining';
  if (jobs.length > 0) return 'busy';
  return lease === undefined ? 'warm' : 'leased';
}

function times({ now, endsAt, expiresAt, interruption }: MachineStatus) {
  const fromNow = (at: number): number => Math.max(0, Math.round(at - now));
  return {
    ...(endsAt === undefined ? {} : { endsInMs: fromNow(endsAt) }),
    ...(expiresAt === undefined ? {} : { expiresInMs: fromNow(expiresAt) }),
    ...(interruption && { interruption: { action: interruption.action, inMs: fromNow(interruption.at) } }),
  };
}

/** What is known of a machine without asking it. */
export function known(
  machine: Machine,
): Pick<MachineState, 'name' | 'provider' | 'clearance' | 'shape' | 'usdPerHour'> {
  const { provider, clearance, shape, usdPerHour } = machine;
  return { name: nameOf(machine), provider, clearance, shape, ...(usdPerHour > 0 ? { usdPerHour } : {}) };
}
