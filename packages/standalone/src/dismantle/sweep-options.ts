import type { AgentReport } from '../pool/agent-report.js';
import type { Cloud } from '../pool/cloud.js';
import type { CloudMachine } from '../pool/cloud-machine.js';
import type { LaunchIntent } from '../pool/launch-intent.js';
import type { ClockReading } from './clock-jump.js';
import type { DismantleRules } from './rules.js';
import type { LiveJobs, Spend } from './situation.js';

/** What a sweep works on and with. */
export interface SweepOptions {
  /** Megalith's own folder, as `megalithHome()` gives it. */
  readonly home: string;
  readonly cloud: SweptCloud;
  readonly owner: string;
  /** @defaultValue `defaultRules` */
  readonly rules?: DismantleRules;
  readonly intents: IntentRecords;
  /** @defaultValue unknown */
  readonly live?: () => Promise<LiveJobs>;
  /** Never starts an agent. What it throws counts as `unknown`. */
  readonly askAgent: (machine: CloudMachine, signal: AbortSignal) => Promise<AgentReport>;
  /**
   * Asks the agent of a machine that answers to take no more work, so that no client can lease what is about to end. One that is gone is started
   * for it: what it had goes on. `busy`: it has some.
   */
  readonly retire: (machine: CloudMachine, signal: AbortSignal) => Promise<'free' | 'busy'>;
  /** @defaultValue unknown: no cap holds */
  readonly spend?: (machines: readonly CloudMachine[]) => Promise<Spend>;
  /** As of `Situation`. @defaultValue none */
  readonly stopUntil?: () => Promise<ReadonlyMap<string, number>>;
  /** Judges, and does nothing. @defaultValue false */
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
  /** @defaultValue 30 s, milliseconds */
  readonly clockSkewMs?: number;
  /** @defaultValue this computer's */
  readonly clocks?: () => ClockReading;
  readonly limits?: Partial<SweepLimits>;
}

export type SweptCloud = Pick<
  Cloud,
  'name' | 'region' | 'list' | 'find' | 'impaired' | 'stop' | 'terminate' | 'leftovers' | 'remove'
>;

/** The intents that this client knows. */
interface IntentRecords {
  /** Every intent, the closed ones too. Throws where one can't be read: its machine would look unwanted, so that only ends by `expires` count then. */
  readonly read: () => Promise<readonly LaunchIntent[]>;
  /** Nobody wants its machine any more. */
  readonly close: (id: string, because: string) => Promise<void>;
  /** Asks the cloud again, with the same client token. */
  readonly replay: (intent: LaunchIntent, signal: AbortSignal) => Promise<void>;
}

/** All in milliseconds, but for `atOnce`. */
export interface SweepLimits {
  /** @defaultValue 2 min */
  readonly listMs: number;
  /** For each agent. @defaultValue 10 s */
  readonly askMs: number;
  /** For each machine's own look, and its agent's retirement. @defaultValue 30 s */
  readonly checkMs: number;
  /** Until a machine is seen terminated, or stopped. @defaultValue 5 min */
  readonly endMs: number;
  /** Agents that are asked, and machines that are ended, at the same time. @defaultValue 100 */
  readonly atOnce: number;
}

export const defaultLimits: SweepLimits = {
  listMs: 120_000,
  askMs: 10_000,
  checkMs: 30_000,
  endMs: 300_000,
  atOnce: 100,
};
