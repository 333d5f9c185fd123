import type { Failure, FailureNote, JobDurations, JournalledWork, Requirements } from '@megalith/agent';
import type { JobCounts } from '../executor/types.js';

/** How a job stands, seen from its folder. `lost`: its host died without ending it. */
export type RecordedState = 'running' | 'done' | 'failed' | 'cancelled' | 'lost';

/** One line of `megalith jobs`. */
export interface JobListing {
  readonly id: string;
  readonly name: string;
  readonly kind: 'function' | 'command';
  readonly state: RecordedState;
  /** ISO 8601. */
  readonly createdAt: string;
  /** ISO 8601. Of a lost job: its last sign of life. Undefined while it runs. */
  readonly endedAt?: string;
  readonly counts: JobCounts;
  readonly tags: readonly string[];
}

/** What is known of one job. */
export interface JobReport extends JobListing {
  readonly work: JournalledWork;
  readonly requirements: Requirements;
  readonly cwd: string;
  /** Names of the variables added to the tasks' environment; their values are never recorded. */
  readonly envNames: readonly string[];
  /** The machine and the process that run it, or ran it. */
  readonly hostname: string;
  readonly pid: number;
  /** The first failed tasks, by index. */
  readonly failures: readonly FailureNote[];
  /** Why the job as a whole could not run. */
  readonly failure?: Pick<Failure, 'code' | 'message' | 'hint'>;
  readonly durations?: JobDurations;
  /** The highest memory of any one task, bytes. */
  readonly peakMemoryBytes?: number;
}

/** Where jobs are looked for. */
export interface JobsOptions {
  /** @defaultValue `$MEGALITH_HOME`, else `~/.megalith` */
  readonly home?: string;
}
