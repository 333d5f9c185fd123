/** One call, as the runtime gets it. */
export interface Invocation {
  readonly requestId: string;
  readonly functionArn: string;
  readonly payload: Buffer;
  readonly timeoutMs: number;
  /** When the runtime is killed, milliseconds from the call's begin: a test wants it. */
  readonly killAfterMs?: number;
}

/** What became of a call. */
export type Outcome =
  /** The handler's answer. */
  | { readonly kind: 'answered'; readonly body: Buffer }
  /** What the runtime says the handler threw, or why it could not be loaded. */
  | { readonly kind: 'threw'; readonly body: Buffer }
  | { readonly kind: 'too-large'; readonly bytes: number }
  /** `exit status 1`, `signal: killed`; undefined for an exit without an error. */
  | { readonly kind: 'exited'; readonly how: string | undefined }
  | { readonly kind: 'timed-out' };

export interface SandboxRun {
  readonly outcome: Outcome;
  readonly durationMs: number;
  /** How long the runtime took to be ready, where it was started for this call. */
  readonly initMs?: number;
  /** What was printed, with Lambda's lines about a runtime that did not start. */
  readonly log: string;
  /** The most memory that there ever was in it. */
  readonly peakMib?: number;
}

/** An execution environment: one call at a time, frozen between. */
export interface Sandbox {
  readonly id: string;
  readonly pid?: number;
  /** What ran in it is gone: nothing more can. */
  readonly isBroken: boolean;
  /** Its processes, with the kernel's letter for their state. */
  processes(): readonly { readonly pid: number; readonly state: string; readonly command: string }[];
  run(invocation: Invocation): Promise<SandboxRun>;
  end(): Promise<void>;
}

/** `errorType` and `errorMessage`, as runtimes and Lambda itself give them. */
export function errorBody(errorType: string, errorMessage: string, more: object = {}): Buffer {
  return Buffer.from(JSON.stringify({ errorType, errorMessage, ...more }));
}

/** The largest response, bytes: 6 MiB and 100, as `MaxPayloadSize` in AWS's runtime interface emulator. */
export const largestResponse = 6 * 2 ** 20 + 100;
