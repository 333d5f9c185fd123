import type { Clearance } from '../inventory/host-entry.js';
import type { MachineRequirements } from './offer.js';

/**
 * The will to have a machine, written down before the cloud is asked. Whoever finds it later can ask again and gets the same machine, or learns
 * that there is none.
 */
export interface LaunchIntent {
  readonly formatVersion: 1;
  /** 16 random hex digits; each try's client token derives from it. */
  readonly id: string;
  readonly provider: string;
  readonly region: string;
  readonly owner: string;
  readonly label: Clearance;
  readonly requirements: MachineRequirements;
  /** The job that wanted it. */
  readonly job?: string;
  /** The process that asks for it: once it is dead, nobody waits for the machine. */
  readonly client?: IntentClient;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** No machine of this intent lives longer, epoch milliseconds. */
  readonly expiresAt: number;
  /** What was asked of the cloud so far, the latest last: each is on disk before the call. */
  readonly tries: readonly LaunchTry[];
  /** Set once the cloud answered with a machine. */
  readonly machine?: string;
  /** Set once an agent has served on its machine: from then on that may have work of which nobody else can tell. */
  readonly servedAt?: number;
  /** Set once its job has left the machine: it is nobody's, warm for whoever comes, and stays for as long as its agent keeps it. */
  readonly releasedAt?: number;
  /** Set once no machine of this intent is wanted any more: a machine that turns up is dismantled. */
  readonly closedAt?: number;
}

export interface IntentClient {
  readonly hostname: string;
  readonly pid: number;
  /** As of `ProcessIdentity`. */
  readonly startTicks?: number;
}

export interface LaunchTry {
  /** At most 64 ASCII characters; the same token and request give the same machine. */
  readonly clientToken: string;
  /** A digest of the request: a token is never used for another. */
  readonly request: string;
  /** Epoch milliseconds. */
  readonly at: number;
}
