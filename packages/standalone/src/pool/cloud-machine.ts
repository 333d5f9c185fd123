import type { Clearance } from '../inventory/host-entry.js';

/** The life of a machine in a cloud, in the cloud's own words. */
export type CloudState = 'pending' | 'running' | 'stopping' | 'stopped' | 'shutting-down' | 'terminated';

export type Market = 'on-demand' | 'spot';

/** A machine of ours as its cloud lists it. What is in tags was written by the call that made it, so that no machine is ever without. */
export interface CloudMachine {
  /** The cloud's own id, never given twice: `i-0123456789abcdef0`. */
  readonly id: string;
  readonly state: CloudState;
  readonly region: string;
  readonly zone: string;
  /** What the cloud calls the shape: `r6i.32xlarge`. */
  readonly type: string;
  readonly market: Market;
  /** Epoch milliseconds, by the cloud's clock. A stopped machine that was started again has the later time. */
  readonly launchedAt: number;
  readonly address?: { readonly public?: string; readonly private?: string };
  readonly tags: MachineTags;
}

/** What a machine's tags say. Somebody may have changed them: a text that is missing or unreadable is '', such a time NaN. */
export interface MachineTags {
  /** The id of the intent that it was made for. */
  readonly intent: string;
  /** Who made it: `user@computer`, or what the config says. */
  readonly owner: string;
  /** The highest label of data that may be, or was, on it. */
  readonly label: Clearance;
  /** No machine lives longer, epoch milliseconds. */
  readonly expiresAt: number;
  /** The image that it was made from. */
  readonly image: string;
  /** Random for each try to launch: with the id it names the machine for good. */
  readonly incarnation?: string;
  /** Fingerprint of the key that its sshd shows, `SHA256:…`: whoever may read tags can reach it without trusting the first sight. */
  readonly hostKey?: string;
  /** What people may set to keep the dismantler away: the reason, in words. */
  readonly keep?: string;
}
