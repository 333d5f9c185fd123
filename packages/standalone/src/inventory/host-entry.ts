export type { HostEntry, Label as Clearance } from '@megalith/core';

/** What was found on a host when somebody looked; kept beside the client's other state, never trusted for safety. */
export interface HostFacts {
  readonly cpus: number;
  readonly usableMemoryBytes: number;
  readonly diskFreeBytes: number;
  /** As Node names it: `x64`, `arm64`. */
  readonly arch: string;
  readonly libc: 'glibc' | 'musl' | 'unknown';
  readonly libcVersion?: string;
  /** The Node that is there, such as `v20.20.2`, and where; undefined for none of version 20 or later. */
  readonly node?: { readonly version: string; readonly path: string };
  readonly cgroup: 'v2' | 'v1' | 'none';
  readonly os: string;
}
