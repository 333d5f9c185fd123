const brand = Symbol.for('megalith.error');

/** Every code that a Megalith error may carry. The codes are stable: programs may compare them. */
export type ErrorCode =
  // the call or its configuration is wrong (exit code 2)
  | 'USAGE'
  | 'CONFIG'
  | 'CANNOT_SHIP'
  | 'CANNOT_SHARE'
  // no placement is permitted or possible (3)
  | 'NO_PLACEMENT'
  | 'POLICY'
  | 'OVER_MEMORY'
  | 'OVER_CPUS'
  | 'OVER_PAYLOAD'
  | 'NOT_CONFIGURED'
  // the task's own code failed (1)
  | 'THREW'
  | 'CRASHED'
  | 'EXITED'
  | 'NOT_SERIALIZABLE'
  // the work was lost after all retries (7)
  | 'OUT_OF_MEMORY'
  | 'TIMED_OUT'
  | 'AGENT_LOST'
  // the user ended it (130)
  | 'CANCELLED'
  // a wait reached its deadline; the job goes on (1)
  | 'WAIT_TIMED_OUT'
  | 'NOT_FOUND'
  | 'PROTOCOL'
  // a machine can't be reached, shows another key than the pinned one, or can't be made ready (6)
  | 'SSH_FAILED'
  | 'HOST_KEY'
  | 'BOOTSTRAP_FAILED'
  // no credentials for a cloud, or they don't allow it (4)
  | 'NO_CREDENTIALS'
  // a cloud has no such machine now, the account may not have it, or it would cost more than allowed (5)
  | 'NO_CAPACITY'
  | 'QUOTA'
  | 'OVER_BUDGET'
  // a cloud does not answer, or not as it should (6)
  | 'CLOUD_FAILED'
  // a store does not answer, or not as it should (6)
  | 'STORE_FAILED'
  | 'ALREADY_THERE'
  // an object is another one than when it was found (6)
  | 'DATA_CHANGED'
  // contact to a machine is lost, and the job lives on there (75)
  | 'CONTACT_LOST'
  // a job's record on disk can't be written or read (6)
  | 'DISK_FULL'
  | 'JOURNAL_FAILED';

export interface MegalithErrorOptions {
  /** One sentence on what to do. */
  readonly hint?: string;
  /** Facts for programs: plain data only. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

const exitCodes: Readonly<Record<ErrorCode, number>> = {
  USAGE: 2,
  CONFIG: 2,
  CANNOT_SHIP: 2,
  CANNOT_SHARE: 2,
  NO_PLACEMENT: 3,
  POLICY: 3,
  OVER_MEMORY: 3,
  OVER_CPUS: 3,
  OVER_PAYLOAD: 3,
  NOT_CONFIGURED: 3,
  THREW: 1,
  CRASHED: 1,
  EXITED: 1,
  NOT_SERIALIZABLE: 1,
  WAIT_TIMED_OUT: 1,
  NOT_FOUND: 1,
  PROTOCOL: 6,
  SSH_FAILED: 6,
  HOST_KEY: 6,
  BOOTSTRAP_FAILED: 6,
  NO_CREDENTIALS: 4,
  NO_CAPACITY: 5,
  QUOTA: 5,
  OVER_BUDGET: 5,
  CLOUD_FAILED: 6,
  STORE_FAILED: 6,
  DATA_CHANGED: 6,
  ALREADY_THERE: 6,
  CONTACT_LOST: 75,
  DISK_FULL: 6,
  JOURNAL_FAILED: 6,
  OUT_OF_MEMORY: 7,
  TIMED_OUT: 7,
  AGENT_LOST: 7,
  CANCELLED: 130,
};

/**
 * The root of all errors that Megalith throws on purpose: a stable `code`, what is wrong (`message`),
 * what to do (`hint`) and the CLI's exit code for it. Anything else that escapes is a bug.
 */
export class MegalithError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;
  readonly exitCode: number;

  constructor(code: ErrorCode, message: string, options: MegalithErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.details = options.details;
    this.exitCode = exitCodes[code];
    Object.defineProperty(this, brand, { value: true });
  }
}
Object.defineProperty(MegalithError.prototype, 'name', { value: 'MegalithError', configurable: true, writable: true });

/** True for errors of any copy of this package, which `instanceof` is not. */
export function isMegalithError(error: unknown): error is MegalithError {
  return typeof error === 'object' && error !== null && brand in error;
}
