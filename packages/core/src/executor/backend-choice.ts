import {
  type Backend,
  type BackendOptions,
  type CandidateKind,
  candidateKinds,
  type JobWant,
} from '../backends/backend.js';
import { createBackend, isRegistered } from '../backends/registry.js';
import type { Config } from '../config/read-config.js';

/** One backend that may be asked for places. */
export interface Choosable {
  readonly name: string;
  /** What its candidates may be. */
  readonly kinds: readonly CandidateKind[];
  /** It was named, or the config has something for it: jobs that outgrow another may go there. */
  readonly isConfigured: boolean;
  /** Made when first asked. @throws MegalithError NOT_CONFIGURED, CONFIG */
  open(): Promise<Backend>;
}

/** `auto`, names of backends in the order of preference, or one that belongs to somebody else. */
export type BackendWish = 'auto' | (string & {}) | readonly string[] | Backend;

const kindsOf: Readonly<Record<string, readonly CandidateKind[]>> = {
  local: ['here'],
  standalone: ['here', 'host', 'warm', 'new'],
  lambda: ['function'],
};

/** The backends of one executor: made when first needed, and closed by whoever made them. */
export class BackendChoice {
  readonly #wish: BackendWish;
  #options: BackendOptions;
  readonly #made = new Map<string, Promise<Backend>>();

  constructor(wish: BackendWish, options: BackendOptions) {
    this.#wish = wish;
    this.#options = options;
  }

  /** What the config says, for backends that were not made yet; what the caller said stands. */
  configure(options: Pick<BackendOptions, 'hereClearance' | 'prices'>): void {
    this.#options = { ...options, ...this.#options };
  }

  /** In the order in which they are asked: those that are near, and cheap to ask, first. */
  all(config: Pick<Config, 'hosts' | 'ec2' | 'lambda'>, wants: readonly JobWant[] = []): readonly Choosable[] {
    const wish = this.#wish;
    if (typeof wish === 'object' && 'offers' in wish) {
      return [{ name: wish.name, kinds: candidateKinds, isConfigured: true, open: async () => wish }];
    }
    if (wish !== 'auto') return (typeof wish === 'string' ? [wish] : wish).map(name => this.#choosable(name, true));
    const hasMachines = config.hosts.length > 0 || config.ec2 !== undefined;
    // Without any machine it is this one, by an agent that outlives this program.
    const needsAgent = wants.some(want => want !== 'secrets') && isRegistered('standalone');
    return [
      this.#choosable('local', true),
      ...(hasMachines || needsAgent ? [this.#choosable('standalone', hasMachines)] : []),
      ...(config.lambda === undefined ? [] : [this.#choosable('lambda', true)]),
    ];
  }

  async close(): Promise<void> {
    const made = await Promise.allSettled(this.#made.values());
    await Promise.all(made.map(each => (each.status === 'fulfilled' ? each.value.close() : undefined)));
  }

  #choosable(name: string, isConfigured: boolean): Choosable {
    return { name, kinds: kindsOf[name] ?? candidateKinds, isConfigured, open: () => this.#open(name) };
  }

  #open(name: string): Promise<Backend> {
    let made = this.#made.get(name);
    if (made === undefined) {
      made = createBackend(name, this.#options);
      this.#made.set(name, made);
      // It may be registered by the time of the next job.
      made.catch(() => this.#made.delete(name));
    }
    return made;
  }
}
