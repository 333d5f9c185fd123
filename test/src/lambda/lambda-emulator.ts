import type { Faults } from './faults.js';
import type { RuntimeClient } from './sandboxes/runtime-client.js';
import type { ThinFunction } from './sandboxes/thin-sandbox.js';

export interface LambdaOptions {
  /** @defaultValue 'us-east-1' */
  readonly region?: string;
  /** @defaultValue '123456789012' */
  readonly account?: string;
  /** How long a new function is `Pending`, and an update `InProgress`, milliseconds. @defaultValue 20 */
  readonly pendingMs?: number;
  /** Calls that may run at once in the whole account. @defaultValue 1000 */
  readonly concurrency?: number;
  /** How many sandboxes one function may get anew, in how long. @defaultValue 1000 in 10,000 ms, as at AWS */
  readonly burst?: { readonly sandboxes: number; readonly perMs: number };
  /** Of all functions and versions together. @defaultValue 75 GiB */
  readonly codeStorageBytes?: number;
  /** Sandboxes that nobody called for so long are ended, milliseconds. @defaultValue 300,000 */
  readonly idleMs?: number;
  /** How long a runtime may take to be ready, milliseconds. @defaultValue 10,000 */
  readonly initTimeoutMs?: number;
  /** No ListFunctions gives more at once. @defaultValue 50 */
  readonly pageSize?: number;
  /** Sandboxes get as much of the processors as AWS gives for their memory; where control groups allow. @defaultValue false */
  readonly cpuShare?: boolean;
  /** What is between Lambda and the handler. @defaultValue a small one of ours */
  readonly runtimeClient?: RuntimeClient;
  /** Where namespaces and control groups are not to be used, though they could. @defaultValue false */
  readonly plain?: boolean;
  /** Functions are this one, called in process; what was uploaded is not run. For calls by the thousand. */
  readonly thin?: ThinFunction;
  /** How long a thin sandbox takes to be ready, milliseconds. @defaultValue 0 */
  readonly thinStartMs?: number;
  /** What the caller may do; a false answer is AccessDeniedException. @defaultValue everything */
  readonly authorize?: (call: { readonly action: string; readonly resource: string }) => boolean;
  /** Epoch milliseconds. @defaultValue `Date.now` */
  readonly now?: () => number;
}

/** An account in one region of Lambda, on 127.0.0.1. */
export interface LambdaEmulator extends AsyncDisposable {
  /** What `LambdaClient` takes as `endpoint`. */
  readonly endpoint: string;
  readonly region: string;
  /** The ARN of a role that functions may have. */
  readonly role: string;
  readonly faults: Faults;
  /** Every function that there is, with its published versions. */
  functions(): readonly FunctionSnapshot[];
  /** Every sandbox that there is. */
  sandboxes(): readonly SandboxSnapshot[];
  /** What was asked, in order of arrival. */
  calls(): readonly LoggedCall[];
  /** What was ever printed by functions, with Lambda's own lines. */
  logs(functionName: string): string;
  setConcurrency(calls: number): void;
  /** Ends all sandboxes that serve no call now. */
  endIdle(): Promise<void>;
  /** Ends the server, its connections and all sandboxes. Idempotent. */
  close(): Promise<void>;
}

export interface FunctionSnapshot {
  readonly name: string;
  readonly arn: string;
  readonly memoryMib: number;
  readonly timeoutSeconds: number;
  readonly ephemeralMib: number;
  readonly architecture: string;
  readonly codeSha256: string;
  readonly codeBytes: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string>>;
  readonly reservedConcurrency?: number;
  readonly versions: readonly string[];
}

export interface SandboxSnapshot {
  readonly id: string;
  readonly functionName: string;
  readonly version: string;
  readonly state: 'starting' | 'idle' | 'busy';
  /** Calls that it was given. */
  readonly calls: number;
  /** Of its first process; undefined where it is thin. */
  readonly pid?: number;
  /** Its processes, with the state that the kernel tells: `T` is frozen. */
  readonly processes: readonly { readonly pid: number; readonly state: string; readonly command: string }[];
}

export interface LoggedCall {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly action: string;
  readonly functionName: string;
  /** `ok`, `Unhandled`, or the error's code; undefined until it was decided. */
  readonly outcome?: string;
  /** The faults that struck it. */
  readonly faults?: readonly string[];
  /** Of an Invoke that ran. */
  readonly run?: CallRun;
}

export interface CallRun {
  readonly requestId: string;
  readonly sandbox: string;
  readonly isCold: boolean;
  readonly durationMs: number;
  /** Initialisation included, as since August 2025. */
  readonly billedMs: number;
  readonly memoryMib: number;
  /** What the control group, or the kernel for each process, counted; undefined in thin sandboxes. */
  readonly peakMib?: number;
  readonly requestBytes: number;
  readonly replyBytes: number;
}
