import type { Failure } from '../protocol/messages.js';
import type { CommandUsage } from './usage-sampler.js';

export interface CommandSpec {
  /** The program, looked up on the PATH of `env`, and its arguments. */
  readonly argv: readonly string[];
  readonly cwd: string;
  /** The whole environment: nothing is added but the variable that marks the command's processes. */
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: 'ignore' | 'inherit';
  /** The command with all its descendants is ended with OUT_OF_MEMORY when it takes more. @defaultValue no limit */
  readonly memoryLimitBytes?: number;
  /** Time between SIGTERM and SIGKILL when the command has to end. */
  readonly graceMs: number;
  /** @defaultValue no limit */
  readonly timeoutMs?: number;
}

export interface CommandHooks {
  /** The pipe is not read while the promise is pending. If it rejects, the command is ended and fails. */
  onOutput(stream: 'stdout' | 'stderr', bytes: Uint8Array): void | Promise<void>;
  /** At once when the process exists; `at` in epoch milliseconds. Not called when it cannot be started. */
  onStarted(pid: number, at: number): void;
}

export interface CommandEnd {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Undefined for a command that exited with 0. One that could not be started is EXITED with 127 (not found) or 126. */
  readonly failure?: Failure;
  /**
   * Highest resident memory with all descendants, bytes, and CPU time. Undefined for a command that ended before it
   * could be measured (10 ms), unless it had a cgroup.
   */
  readonly peakMemoryBytes?: number;
  readonly cpuUserMs?: number;
  readonly cpuSystemMs?: number;
  /** Epoch milliseconds with fractions. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly stderrTail: string;
}

export interface RunningCommand {
  /** Undefined when it could not be started. It is also its process group and its session. */
  readonly pid: number | undefined;
  /** Settles when the command, what it left behind in its session and its output have ended. Never rejects. */
  readonly end: Promise<CommandEnd>;
  /** Ends it: SIGTERM, the grace, SIGKILL. Without effect once it has ended or is being ended. */
  cancel(reason: string): void;
  /** Ends it at once; cuts short a grace that it has been given. */
  kill(reason: string): void;
  /** Ends it at once, with OUT_OF_MEMORY: for a machine that is nearly out of memory. */
  endForMemory(reason: string): void;
  /** The last sample. Undefined in the first 10 ms, and where the system does not tell. */
  sample(): CommandUsage | undefined;
}
