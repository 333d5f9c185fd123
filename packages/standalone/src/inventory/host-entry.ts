/** A host of the organisation's own, as the inventory describes it. */
export interface HostEntry {
  /** The name in the inventory. */
  readonly name: string;
  /** A DNS name or an address. */
  readonly address: string;
  /** @defaultValue 22 */
  readonly port?: number;
  readonly user: string;
  /** Private key file; `~` is the user's home. Unset: `~/.ssh/id_ed25519`, `id_ecdsa`, `id_rsa`, then the SSH agent. */
  readonly identityFile?: string;
  /** Fingerprints of the keys that the host may show, as `ssh-keygen -lf` prints them: `SHA256:…`. */
  readonly hostKeys: readonly string[];
  /** The name of another host of the inventory to go through. */
  readonly jump?: string;
  /** What jobs may use, where it is not all that the host has. */
  readonly cpus?: number;
  readonly memoryBytes?: number;
  /** The highest label of data that may go there. @defaultValue 'internal' */
  readonly clearance?: Clearance;
  /** Megalith's one folder there. @defaultValue `.megalith` in the user's home */
  readonly folder?: string;
}

export type Clearance = 'public' | 'internal' | 'confidential' | 'restricted';

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
