import type { Params } from '../wire/params.js';
import type { VolumeSpec } from './launch-spec.js';
import type { Tags } from './tags.js';

export interface KeyPair {
  readonly id: string;
  readonly name: string;
  readonly type: 'rsa' | 'ed25519';
  readonly fingerprint: string;
  /** OpenSSH line. */
  readonly publicKey: string;
  readonly createdAt: number;
  readonly tags: Tags;
}

export interface LaunchTemplate {
  readonly id: string;
  readonly name: string;
  readonly createdAt: number;
  readonly tags: Tags;
  defaultVersion: number;
  /** Version 1 is the first. */
  readonly versions: Params[];
}

export interface Volume extends VolumeSpec {
  readonly id: string;
  readonly zone: string;
  readonly snapshotId: string;
  readonly createdAt: number;
  readonly tags: Tags;
  /** Undefined once it is `available`. */
  instanceId: string | undefined;
}
