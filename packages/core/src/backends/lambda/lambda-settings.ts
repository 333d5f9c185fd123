import type { Label } from '@megalith/agent';

/** What the section `lambda` of the config says; defaults are filled in. */
export interface LambdaSettings {
  readonly region: string;
  /** Another address of the API, for tests and private endpoints. @defaultValue AWS's own */
  readonly endpoint?: string;
  /** ARN of the role that functions have. It needs no rights but to write logs. */
  readonly role: string;
  /** The highest label of data that may go there. @defaultValue 'internal' */
  readonly clearance: Label;
  /** @defaultValue 'arm64', which is a fifth cheaper */
  readonly arch: 'arm64' | 'x64';
  /** Sizes that functions may have, MiB; each that is used is a function of its own. @defaultValue see `memorySizes` */
  readonly memoryMib: readonly number[];
  /** Whose functions these are: part of their names. @defaultValue the name of the user */
  readonly owner: string;
  /** Invocations at once, at most. @defaultValue what the account allows */
  readonly concurrency?: number;
  /** Of one invocation, milliseconds; 900,000 at most. @defaultValue 900,000 */
  readonly timeoutMs: number;
  /** `/tmp` of a function, MiB, 512 to 10,240. @defaultValue 512 */
  readonly tmpMib: number;
  /** @defaultValue 'nodejs22.x' */
  readonly runtime: string;
  /** Where items, bundles and results go that are too large for a call: the name of a store. @defaultValue none: they are refused */
  readonly store?: string;
}
