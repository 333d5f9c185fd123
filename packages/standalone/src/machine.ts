import type { Duplex } from 'node:stream';
import type { Clearance } from './inventory/host-entry.js';

/** What a machine is. */
export interface Shape {
  readonly cpus: number;
  readonly usableMemoryBytes: number;
  readonly diskFreeBytes?: number;
  readonly arch?: string;
}

/** A machine that jobs may run on. */
export interface Machine {
  /** Unique among all providers: `ssh:alpha`. */
  readonly id: string;
  readonly name: string;
  readonly provider: string;
  /** Undefined until somebody looked. */
  readonly shape: Shape | undefined;
  readonly clearance: Clearance;
  /** Where it stands, in the words that the policy uses. @defaultValue nobody knows */
  readonly region?: string | undefined;
  readonly usdPerHour: number;
  /**
   * Opens a route to the machine's agent: connects, brings the agent there and starts it where that is needed.
   * @throws MegalithError SSH_FAILED, HOST_KEY, BOOTSTRAP_FAILED, each with `details.layer`; CANCELLED
   */
  reach(options: ReachOptions): Promise<AgentRoute>;
}

export interface ReachOptions {
  readonly signal?: AbortSignal;
  /** False: where no agent runs, none is started, and the route is undefined-by-error NOT_FOUND. */
  readonly start: boolean;
}

/** An open way to an agent: for SSH one connection, over which each stream is a channel. */
export interface AgentRoute {
  /** A new stream to the agent's socket. */
  open(signal?: AbortSignal): Promise<Duplex>;
  /** Settles when the route is over, with the reason where it was not `close`. Never rejects. */
  readonly closed: Promise<Error | undefined>;
  /** Whether the route is to keep this process alive; it does at first. */
  hold(busy: boolean): void;
  /** Ends the route and all streams of it. Idempotent. */
  close(): void;
}
