/** How a candidate is paid for; of several machines, all of them together. */
export type Billing = FreeOfCharge | PerHour | PerGibSecond;

interface FreeOfCharge {
  readonly per: 'nothing';
}

export interface PerHour {
  readonly per: 'hour';
  readonly usdPerHour: number;
  /** Each start is billed for so long at least, milliseconds. */
  readonly minimumMs: number;
  /** Of `startMs`, what is billed. */
  readonly startMs: number;
  /** So long it stays without work after the job, milliseconds. */
  readonly idleTailMs: number;
  /** So much of the time from now on is paid for whether the job comes or not: the idle tail of a warm machine. @defaultValue 0 */
  readonly paidMs?: number;
}

export interface PerGibSecond {
  readonly per: 'gib-second';
  readonly usdPerGibSecond: number;
  readonly usdPerRequest: number;
  /** What one task at a time has there, and is billed for. */
  readonly memoryGib: number;
  /** Of each start of a sandbox, what is billed, milliseconds. @defaultValue 0 */
  readonly coldStartMs?: number;
}
