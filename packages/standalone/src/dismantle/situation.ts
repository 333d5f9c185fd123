import type { AgentReport } from '../pool/agent-report.js';
import type { CloudMachine } from '../pool/cloud-machine.js';
import type { LaunchIntent } from '../pool/launch-intent.js';
import type { Mark } from './marks.js';
import type { DismantleRules } from './rules.js';

/** All that a verdict depends on. */
export interface Situation {
  /** What the cloud listed, in every state. It was listed before anything else here was read: what is not in `intents` was really not known then. */
  readonly cloud: readonly CloudMachine[];
  /** False where the list broke off: then nothing follows from a machine that is not in it. @defaultValue true */
  readonly isComplete?: boolean;
  readonly intents: readonly LaunchIntent[];
  /** @defaultValue unknown: each open intent counts as wanted */
  readonly live?: LiveJobs;
  /** By machine id. */
  readonly reports: ReadonlyMap<string, AgentReport>;
  /** By machine id: what earlier sweeps saw. */
  readonly marks: ReadonlyMap<string, Mark>;
  /** Epoch milliseconds, read after all the rest. */
  readonly now: number;
  /** By so much clocks of this computer, of other clients and of the cloud may differ, milliseconds. */
  readonly clockSkewMs: number;
  /** The clock was seen to jump since the last sweep: nothing ends now, and every delay begins anew. @defaultValue false */
  readonly isClockSuspect?: boolean;
  /** Ids of machines that the cloud's own checks find dead. @defaultValue none */
  readonly impaired?: ReadonlySet<string>;
  readonly rules: DismantleRules;
  readonly owner: string;
  readonly spend?: Spend;
  /** Machines that are worth having stopped, by id, and until when, epoch milliseconds. @defaultValue none */
  readonly stopUntil?: ReadonlyMap<string, number>;
}

/** Jobs that are not over, as far as this client knows. */
export interface LiveJobs {
  readonly ids: ReadonlySet<string>;
  /** Ids of the machines that they were placed on. */
  readonly machines: ReadonlySet<string>;
}

export interface Spend {
  /** What all machines of this owner cost today. */
  readonly usdToday: number;
  /** By machine id. */
  readonly usdPerHour: ReadonlyMap<string, number>;
}

export function isOverBudget({ spend, rules }: Situation): boolean {
  return spend !== undefined && rules.maxUsdPerDay !== undefined && spend.usdToday > rules.maxUsdPerDay;
}

/** A machine whose tag does not say when it ends gets the longest life from its launch on; NaN where that is unknown too. */
export function endOf({ tags, launchedAt }: CloudMachine, rules: DismantleRules): number {
  return Number.isFinite(tags.expiresAt) ? tags.expiresAt : launchedAt + rules.maxLifetimeMs;
}
