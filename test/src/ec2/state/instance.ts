import { spotUsdPerHour } from '../data/spot-prices.js';
import type { InstanceState } from '../ec2-simulator.js';
import type { InstanceHost, InstanceHosts } from '../instance-hosts.js';
import { newId } from './ids.js';
import type { LaunchSpec } from './launch-spec.js';
import type { Tags } from './tags.js';
import type { Timers } from './timers.js';

export interface Surroundings {
  readonly hosts: InstanceHosts;
  readonly timers: Timers;
  readonly region: string;
  readonly endMs: number;
  now(): number;
  /** The instance is terminated: what it had is to go. */
  onTerminated(instance: Instance): void;
}

/** What one launch gives its instances. */
export interface Birth {
  readonly reservationId: string;
  readonly sequence: number;
  readonly tags: Tags;
  readonly bootMs: number;
  /** When others see it, epoch milliseconds. */
  readonly seenAt: number;
  readonly clockSkewMs: number;
  /** In place of a boot. */
  readonly bootFails?: string;
}

export interface Reason {
  /** `Client.UserInitiatedShutdown` */
  readonly code: string;
  readonly message: string;
}

/** A time in which it was running. Epoch milliseconds. */
export interface Run {
  readonly from: number;
  to?: number;
}

/** One instance and its life. */
export class Instance {
  readonly id = newId('i');
  readonly interfaceId = newId('eni');
  readonly spotRequestId: string | undefined;
  readonly spec: LaunchSpec;
  readonly birth: Birth;
  readonly tags: Tags;
  readonly volumeIds: string[] = [];
  readonly runs: Run[] = [];
  shutdownBehavior: 'stop' | 'terminate';
  isProtected: boolean;
  /** AWS's check of it fails. */
  isImpaired = false;
  userData: string;
  launchedAt: number;
  terminatedAt: number | undefined;
  reason: Reason | undefined;
  /** StateTransitionReason: `User initiated (2026-11-21 15:00:00 GMT)` */
  transition = '';
  hostProblem: unknown;
  #state: InstanceState = 'pending';
  #host: InstanceHost | undefined;
  /** Grows with each change of state: what waited for an older one does nothing. */
  #era = 0;
  /** What is done to the host, one after another. */
  #work: Promise<void> = Promise.resolve();
  readonly #around: Surroundings;

  constructor(spec: LaunchSpec, birth: Birth, around: Surroundings) {
    this.spec = spec;
    this.birth = birth;
    this.tags = new Map(birth.tags);
    this.shutdownBehavior = spec.shutdownBehavior;
    this.isProtected = spec.isProtected;
    this.userData = spec.userData;
    this.launchedAt = around.now() + birth.clockSkewMs;
    this.spotRequestId = spec.market === 'spot' ? newId('sir') : undefined;
    this.#around = around;
  }

  get state(): InstanceState {
    return this.#state;
  }

  get host(): InstanceHost | undefined {
    return this.#host;
  }

  get privateAddress(): string | undefined {
    return this.#state === 'terminated' ? undefined : this.#host?.privateAddress;
  }

  /** None but while it runs: each start may bring another. */
  get publicAddress(): string | undefined {
    return this.#state === 'running' && this.spec.wantsPublicAddress ? this.#host?.publicAddress : undefined;
  }

  get usdPerHour(): number {
    const { type, market, subnet } = this.spec;
    return market === 'spot' ? spotUsdPerHour(type, subnet.zone) : type.usdPerHour;
  }

  /** Settles when nothing is being done to the host. */
  get idle(): Promise<void> {
    return this.#work;
  }

  boot(): void {
    const { bootFails, bootMs } = this.birth;
    const era = this.#era;
    if (bootFails !== undefined) {
      void this.#around.timers.wait(bootMs).then(() => {
        if (this.#era === era) this.terminate({ code: bootFails, message: `${bootFails}: Internal error on launch` });
      });
      return;
    }
    this.#do(async () => {
      this.#host = await this.#around.hosts.boot(this.#bootSpec());
    });
    this.#runAfter(bootMs);
  }

  start(bootMs: number): void {
    this.#enter('pending');
    this.launchedAt = this.#around.now() + this.birth.clockSkewMs;
    this.reason = undefined;
    this.transition = '';
    this.#do(async () => this.#host?.powerOn());
    this.#runAfter(bootMs);
  }

  stop(reason: Reason): void {
    this.#end('stopping', reason);
    this.#do(async () => this.#host?.powerOff());
    this.#enterAfterEnd('stopped');
  }

  terminate(reason: Reason): void {
    this.#end('shutting-down', reason);
    this.#do(async () => this.#host?.destroy());
    this.#enterAfterEnd('terminated');
  }

  #end(state: InstanceState, reason: Reason): void {
    const now = this.#around.now();
    const run = this.runs.at(-1);
    if (run !== undefined) run.to ??= now;
    this.reason = reason;
    const byUser = reason.code.startsWith('Client.User') ? 'User initiated' : reason.code;
    this.transition = `${byUser} (${new Date(now).toISOString().slice(0, 19).replace('T', ' ')} GMT)`;
    this.#enter(state);
  }

  #enterAfterEnd(state: 'stopped' | 'terminated'): void {
    const era = this.#era;
    void Promise.all([this.#work, this.#around.timers.wait(this.#around.endMs)]).then(() => {
      if (this.#era !== era || this.#around.timers.closed) return;
      this.#enter(state);
      if (state !== 'terminated') return;
      this.terminatedAt = this.#around.now();
      this.#around.onTerminated(this);
    });
  }

  #runAfter(bootMs: number): void {
    const era = this.#era;
    void Promise.all([this.#work, this.#around.timers.wait(bootMs)]).then(() => {
      if (this.#era !== era || this.#around.timers.closed) return;
      if (this.#host === undefined || this.hostProblem !== undefined) {
        this.terminate({ code: 'Server.InternalError', message: 'Server.InternalError: Internal error on launch' });
        return;
      }
      this.#enter('running');
      this.runs.push({ from: this.#around.now() });
      this.#watch(this.#host);
    });
  }

  #watch(host: InstanceHost): void {
    const era = this.#era;
    const guestIsOff = () => {
      if (this.#era !== era || this.#around.timers.closed) return;
      const reason = {
        code: 'Client.InstanceInitiatedShutdown',
        message: 'Client.InstanceInitiatedShutdown: Instance initiated shutdown',
      };
      if (this.shutdownBehavior === 'terminate') this.terminate(reason);
      else this.stop(reason);
    };
    host.off.then(guestIsOff, (error: unknown) => {
      this.hostProblem = error;
    });
  }

  #enter(state: InstanceState): void {
    this.#state = state;
    this.#era++;
  }

  #do(deed: () => Promise<void>): void {
    this.#work = this.#work.then(deed).catch((error: unknown) => {
      this.hostProblem = error;
    });
  }

  #bootSpec() {
    const { type, subnet, market, image, publicKey } = this.spec;
    return {
      instanceId: this.id,
      type: type.type,
      zone: subnet.zone,
      region: this.#around.region,
      market,
      imageId: image.id,
      userData: Buffer.from(this.userData, 'base64').toString('utf8'),
      ...(publicKey !== undefined ? { publicKey } : {}),
      user: image.user,
      cpus: type.cpus,
      memoryBytes: type.memoryMib * 2 ** 20,
    };
  }
}
