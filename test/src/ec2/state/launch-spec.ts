import type { Image } from '../data/images.js';
import type { InstanceType } from '../data/instance-types.js';
import type { Params } from '../wire/params.js';
import type { Subnet } from './network.js';
import type { Tags } from './tags.js';

/** What instances of one launch have alike. */
export interface LaunchSpec {
  readonly type: InstanceType;
  readonly subnet: Subnet;
  readonly market: 'on-demand' | 'spot';
  readonly image: Image;
  readonly keyName: string | undefined;
  readonly publicKey: string | undefined;
  readonly groupIds: readonly string[];
  /** Base64, as it was sent. */
  readonly userData: string;
  readonly shutdownBehavior: 'stop' | 'terminate';
  readonly isProtected: boolean;
  readonly wantsPublicAddress: boolean;
  readonly metadata: Params;
  readonly profile: string | undefined;
  readonly volumes: readonly VolumeSpec[];
  readonly ebsOptimized: boolean;
  /** By kind of resource: `instance`, `volume`, … */
  readonly tags: ReadonlyMap<string, Tags>;
  readonly clientToken: string | undefined;
}

export interface VolumeSpec {
  readonly device: string;
  readonly sizeGib: number;
  readonly type: string;
  readonly iops: number;
  readonly throughputMibps: number | undefined;
  readonly encrypted: boolean;
  readonly deleteOnTermination: boolean;
}
