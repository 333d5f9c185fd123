import type { BundleRef } from '@megalith/agent';

/** A function that is ready to travel. */
export interface ShippedFunction {
  readonly ref: BundleRef;
  /** The function's name, or `anonymous`. */
  readonly name: string;
  /** Where it was written, from the working directory: `src/main.ts:12`. */
  readonly where: string;
  /** What works but may surprise, one sentence each. */
  readonly warnings: readonly string[];
  /** Why the bundle works on this machine only, one sentence each; empty for a bundle that works anywhere. */
  readonly notPortable: readonly string[];
}

/** Any function: what it takes and gives is not looked at. */
// biome-ignore lint/suspicious/noExplicitAny: a parameter type that every function fits has no other spelling
export type AnyFunction = (...args: any[]) => unknown;
