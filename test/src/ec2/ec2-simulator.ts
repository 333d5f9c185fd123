import type { Faults } from './faults.js';
import type { InstanceHost, InstanceHosts } from './instance-hosts.js';
import type { Params } from './wire/params.js';

export interface Ec2Options {
  /** Where instances run; closed with the simulator. @defaultValue `noHosts()` */
  readonly hosts?: InstanceHosts;
  /** @defaultValue 'us-east-1' */
  readonly region?: string;
  /** How long an instance is `pending` at least, milliseconds. @defaultValue 50 */
  readonly bootMs?: number;
  /** How long an instance is `stopping` or `shutting-down` at least, milliseconds. @defaultValue 20 */
  readonly endMs?: number;
  /** How long no call but the one that made it knows an instance, milliseconds. @defaultValue 20 */
  readonly consistencyLagMs?: number;
  /** How long a terminated instance is still listed, milliseconds; about an hour at AWS. @defaultValue 10 minutes */
  readonly terminatedListedMs?: number;
  /** vCPUs by quota code, see `quotaKinds`. @defaultValue 100,000 each */
  readonly quotas?: Readonly<Record<string, number>>;
  /** No Describe call gives more at once, for clients that do not ask on. @defaultValue what AWS gives */
  readonly pageSize?: number;
  /** What the caller may do; a false answer is UnauthorizedOperation, of a dry run too. @defaultValue everything */
  readonly authorize?: (request: { readonly action: string; readonly params: Params }) => boolean;
  /** Epoch milliseconds. @defaultValue `Date.now` */
  readonly now?: () => number;
}

/** An account in one region of EC2, with the services beside it, on 127.0.0.1. */
export interface Ec2Simulator extends AsyncDisposable {
  /** What clients of EC2, SSM, Service Quotas, Pricing and STS take as `endpoint`. */
  readonly endpoint: string;
  readonly region: string;
  readonly faults: Faults;
  /** What was asked, in order of arrival. */
  readonly requests: readonly LoggedRequest[];
  /** Every instance that there ever was, seen or unseen, in order of launch. */
  instances(): readonly SimulatedInstance[];
  instance(id: string): SimulatedInstance | undefined;
  /** The SSH port of an instance's host; undefined before it booted. */
  portOf(instanceId: string): number | undefined;
  hostOf(instanceId: string): InstanceHost | undefined;
  /** What there is beside instances. */
  leftovers(): Leftovers;
  /** What each instance cost until now: seconds × price, by the second, at least a minute for each start. */
  billing(): readonly Bill[];
  /** AWS takes a spot instance back: notice now, termination after `noticeMs`. @defaultValue 120,000 */
  interrupt(instanceId: string, noticeMs?: number): void;
  /** From now on AWS's own check finds the instance dead, or alive again. */
  setImpaired(instanceId: string, isImpaired: boolean): void;
  setQuota(code: string, vcpus: number): void;
  /** Ends the server, its connections and all hosts. Idempotent. */
  close(): Promise<void>;
}

export interface LoggedRequest {
  /** Epoch milliseconds. */
  readonly at: number;
  /** `ec2`, `ssm`, `servicequotas`, `pricing`, `sts`. */
  readonly service: string;
  readonly action: string;
  /** For the services that speak JSON: as they were sent. */
  readonly params: Params;
  /** `ok`, or the error's code; undefined until it was decided. */
  readonly outcome?: string;
  /** The faults that struck it. */
  readonly faults?: readonly string[];
}

export type InstanceState = 'pending' | 'running' | 'shutting-down' | 'terminated' | 'stopping' | 'stopped';

export interface SimulatedInstance {
  readonly id: string;
  readonly state: InstanceState;
  readonly type: string;
  readonly zone: string;
  readonly market: 'on-demand' | 'spot';
  readonly imageId: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly clientToken?: string;
  readonly shutdownBehavior: 'stop' | 'terminate';
  readonly userData: string;
  /** Epoch milliseconds, as the API shows it: with the clock skew of faults. */
  readonly launchedAt: number;
  readonly privateAddress?: string;
  readonly publicAddress?: string;
  /** Whether other calls know it by now. */
  readonly isSeen: boolean;
  /** `Client.UserInitiatedShutdown: …` */
  readonly stateReason?: string;
  /** What its host could not do. */
  readonly hostProblem?: unknown;
}

export interface Leftovers {
  readonly volumes: readonly string[];
  readonly keyPairs: readonly string[];
  /** Without the default one. */
  readonly securityGroups: readonly string[];
  readonly launchTemplates: readonly string[];
}

export interface Bill {
  readonly instanceId: string;
  readonly type: string;
  readonly market: 'on-demand' | 'spot';
  readonly seconds: number;
  readonly usd: number;
}
