import type { CloudMachine } from './cloud-machine.js';
import type { LaunchIntent } from './launch-intent.js';
import type { MachineRequirements, Offer } from './offer.js';
import type { Stock } from './stock.js';

/** A source of machines that are made on demand. Every call has a deadline of its own and ends with `signal`. */
export interface Cloud {
  readonly name: string;
  readonly region: string;
  /** What fits, the cheapest first; lists and prices are kept for a while. */
  offers(requirements: MachineRequirements, signal?: AbortSignal): Promise<readonly Offer[]>;
  /**
   * What it has and what there is of ours just now, for a plan of several sizes of machines.
   * @param asks false: nobody is asked. What it had when it was asked last stands in, or what is known without asking
   */
  stock(asks: boolean, signal?: AbortSignal): Promise<Stock>;
  /**
   * Asks for one machine that is the first of these offers to be had. Idempotent: the same intent gives the same machine. `keep` has
   * written the intent, with the try that follows, to disk when it settles.
   * @throws MegalithError NO_CAPACITY, QUOTA, NO_CREDENTIALS, CLOUD_FAILED
   */
  launch(
    intent: LaunchIntent,
    offers: readonly Offer[],
    keep: (intent: LaunchIntent) => Promise<void>,
    signal?: AbortSignal,
  ): Promise<CloudMachine>;
  /**
   * The machine of this intent serves, or none is wanted any more: what was kept for its launch alone is removed, here and in the cloud. What it holds is
   * as secret as the machine's first host key.
   */
  settle?(intent: LaunchIntent, signal?: AbortSignal): Promise<void>;
  /** Every machine that carries our tags, in every state, whoever made it. */
  list(signal?: AbortSignal): AsyncIterable<CloudMachine>;
  /** One machine as it is now; undefined where the cloud does not know it (yet). */
  find(id: string, signal?: AbortSignal): Promise<CloudMachine | undefined>;
  /** Those of some running machines that the cloud's own checks find dead. What it has not checked yet is none of them. @defaultValue nobody checks */
  impaired?(ids: readonly string[], signal?: AbortSignal): Promise<ReadonlySet<string>>;
  start(id: string, signal?: AbortSignal): Promise<void>;
  /** What a machine's own shutdown is: its end for good, as it is at its launch, or a stop. @defaultValue always its end */
  atShutdown?(id: string, what: 'terminate' | 'stop', signal?: AbortSignal): Promise<void>;
  stop(id: string, signal?: AbortSignal): Promise<void>;
  /** Settles once the cloud says that it is `terminated`, and not before: that it does not know the machine proves nothing. */
  terminate(id: string, signal?: AbortSignal): Promise<void>;
  /** What was made beside machines and no machine needs any more. */
  leftovers(signal?: AbortSignal): AsyncIterable<Leftover>;
  remove(leftover: Leftover, signal?: AbortSignal): Promise<void>;
}

export interface Leftover {
  readonly kind: 'key pair' | 'security group' | 'launch template' | 'volume';
  readonly id: string;
  readonly why: string;
}
