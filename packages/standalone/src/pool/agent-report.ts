import type { Label, MachineStatus } from '@megalith/agent';

/** What came of asking a machine's agent, as far as decisions about the machine need it. */
export type AgentReport = AgentAnswer | AgentSilence;

export interface AgentAnswer {
  readonly state: 'answered';
  /** When it was heard, by the clock of who asked, epoch milliseconds: `now - at` is how old the report is. */
  readonly at: number;
  /** Jobs that it has taken and not ended. */
  readonly jobs: number;
  /** Somebody holds the machine, with or without a job there yet. */
  readonly isLeased: boolean;
  readonly clients: number;
  /** It takes no new jobs. */
  readonly isDraining: boolean;
  /** The cloud takes the machine back, see `Interruption`. */
  readonly isInterrupted: boolean;
  /** Why it is still up, one sentence each. */
  readonly reasons: readonly string[];
  /** When it ends if nothing happens, from `at` on, milliseconds; undefined while something holds it. */
  readonly endsInMs?: number;
  /** For how long it has had no work; undefined while it has some, or a client. Milliseconds. */
  readonly idleForMs?: number;
  /** Time without work after which it ends its machine by itself, milliseconds. */
  readonly idleTailMs: number;
  /** The highest label of data that it was leased for; undefined for none, or where it does not know. */
  readonly label?: Label;
}

/**
 * `unreachable`: who asked holds the machine's keys, tried, and got no answer. `absent`: the machine answered, and no agent runs there.
 * `unknown`: it could not even be tried.
 */
interface AgentSilence {
  readonly state: 'unreachable' | 'absent' | 'unknown';
  /** When it was last tried, by the clock of who asked, epoch milliseconds. */
  readonly at: number;
  /** Since when no try had an answer, by the same clock. @defaultValue `at` */
  readonly since?: number;
  /** What is wrong, one sentence. */
  readonly problem?: string;
}

/** The report in an agent's own words. Only differences of the machine's times are used: its clock may be off. */
export function reportOf(status: MachineStatus, at: number): AgentAnswer {
  const endsInMs = status.endsAt === undefined ? undefined : Math.max(0, status.endsAt - status.now);
  const isLeased = status.lease !== undefined;
  const isIdle = status.jobs.length === 0 && !isLeased && status.clients === 0;
  return {
    state: 'answered',
    at,
    jobs: status.jobs.length,
    isLeased,
    clients: status.clients,
    isDraining: status.draining,
    isInterrupted: status.interruption !== undefined,
    reasons: status.reasons,
    idleTailMs: status.idleMs,
    ...(endsInMs === undefined ? {} : { endsInMs }),
    ...(endsInMs === undefined || !isIdle ? {} : { idleForMs: Math.max(0, status.idleMs - endsInMs) }),
    ...(status.label === undefined ? {} : { label: status.label }),
  };
}
