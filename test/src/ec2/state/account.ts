import { setTimeout } from 'node:timers/promises';
import { accountId } from '../data/images.js';
import { quotaKinds } from '../data/quota-codes.js';
import type { Ec2Options } from '../ec2-simulator.js';
import { noSuchInstances } from '../faults.js';
import type { InstanceHosts } from '../instance-hosts.js';
import { newId } from './ids.js';
import { type Birth, Instance, type Surroundings } from './instance.js';
import type { LaunchSpec } from './launch-spec.js';
import type { SecurityGroup, Subnet } from './network.js';
import type { KeyPair, LaunchTemplate, Volume } from './resources.js';
import type { Tags } from './tags.js';
import { Timers } from './timers.js';

/** What an account has in a region. */
export class Account {
  readonly id = accountId;
  readonly region: string;
  readonly bootMs: number;
  readonly lagMs: number;
  readonly pageSize: number | undefined;
  readonly zones: readonly string[];
  readonly vpcId = newId('vpc');
  readonly subnets: readonly Subnet[];
  readonly instances = new Map<string, Instance>();
  readonly volumes = new Map<string, Volume>();
  readonly groups = new Map<string, SecurityGroup>();
  readonly keyPairs = new Map<string, KeyPair>();
  readonly templates = new Map<string, LaunchTemplate>();
  /** vCPUs by quota code. */
  readonly quotas: Map<string, number>;
  /** What calls with a client token did, by action and token. */
  readonly tokens = new Map<string, { readonly request: string; readonly made: unknown }>();
  readonly timers = new Timers();
  readonly now: () => number;
  readonly #terminatedListedMs: number;
  readonly #around: Surroundings;

  constructor(options: Ec2Options, hosts: InstanceHosts) {
    this.region = options.region ?? 'us-east-1';
    this.bootMs = options.bootMs ?? 50;
    this.lagMs = options.consistencyLagMs ?? 20;
    this.pageSize = options.pageSize;
    this.now = options.now ?? Date.now;
    this.#terminatedListedMs = options.terminatedListedMs ?? 600_000;
    this.zones = ['a', 'b', 'c'].map(letter => `${this.region}${letter}`);
    this.subnets = this.zones.map((zone, index) => ({ id: newId('subnet'), zone, cidr: `172.31.${16 * index}.0/20` }));
    this.quotas = new Map([
      ...quotaKinds.map(({ code }) => [code, 100_000] as const),
      ...Object.entries(options.quotas ?? {}),
    ]);
    const group = { id: newId('sg'), name: 'default', description: 'default VPC security group', isDefault: true };
    this.groups.set(group.id, { ...group, tags: new Map(), rules: [] });
    this.#around = {
      hosts,
      timers: this.timers,
      region: this.region,
      endMs: options.endMs ?? 20,
      now: this.now,
      onTerminated: instance => this.#dropVolumes(instance),
    };
  }

  get defaultGroup(): SecurityGroup {
    return [...this.groups.values()].find(({ isDefault }) => isDefault)!;
  }

  /** Makes an instance, with its volumes, and lets it boot. */
  launch(spec: LaunchSpec, birth: Omit<Birth, 'sequence'>, volumeTags: Tags): Instance {
    const instance = new Instance(spec, { ...birth, sequence: this.instances.size }, this.#around);
    this.instances.set(instance.id, instance);
    for (const volume of spec.volumes) {
      const id = newId('vol');
      this.volumes.set(id, {
        ...volume,
        id,
        zone: spec.subnet.zone,
        snapshotId: `snap-${spec.image.id.slice(4)}`,
        createdAt: this.now(),
        tags: new Map(volumeTags),
        instanceId: instance.id,
      });
      instance.volumeIds.push(id);
    }
    instance.boot();
    return instance;
  }

  /** Whether calls other than the one that made it know the instance. */
  isSeen(instance: Instance): boolean {
    const now = this.now();
    const isGone = instance.terminatedAt !== undefined && now - instance.terminatedAt >= this.#terminatedListedMs;
    return now >= instance.birth.seenAt && !isGone;
  }

  seenInstances(): Instance[] {
    return [...this.instances.values()].filter(instance => this.isSeen(instance));
  }

  /** @throws ApiError InvalidInstanceID.NotFound for all that are not seen */
  instancesNamed(ids: readonly string[]): Instance[] {
    const found = ids.map(id => this.instances.get(id));
    const missing = ids.filter((_id, index) => found[index] === undefined || !this.isSeen(found[index]));
    if (missing.length > 0) throw noSuchInstances(missing);
    return found as Instance[];
  }

  #dropVolumes(instance: Instance): void {
    for (const id of instance.volumeIds) {
      const volume = this.volumes.get(id);
      if (volume === undefined) continue;
      if (volume.deleteOnTermination) this.volumes.delete(id);
      else volume.instanceId = undefined;
    }
  }

  /** Ends all waiting, and settles when nothing is being done to a host any more, or after half a minute. */
  async close(): Promise<void> {
    this.timers.close();
    const idle = Promise.all([...this.instances.values()].map(instance => instance.idle));
    const deadline = new AbortController();
    await Promise.race([
      idle,
      setTimeout(30_000, undefined, { signal: deadline.signal, ref: false }).catch(() => 'idle'),
    ]);
    deadline.abort();
  }
}
