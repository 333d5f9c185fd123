import type { Label } from '@megalith/agent';

/** A host of the organisation's own, as the config describes it. */
export interface HostEntry {
  /** The name in the config. */
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
  /** The name of another host of the config to go through. */
  readonly jump?: string;
  /** What jobs may use, where it is not all that the host has. */
  readonly cpus?: number;
  readonly memoryBytes?: number;
  /** The highest label of data that may go there. @defaultValue 'internal' */
  readonly clearance?: Label;
  /** Where it stands, in the words that `policy.regions` uses. @defaultValue nobody knows */
  readonly region?: string;
  /** Megalith's one folder there. @defaultValue `.megalith` in the user's home */
  readonly folder?: string;
}
