import type { JobRequest } from '../backends/backend.js';

/** What is to be placed. */
export type PlannedJob = Pick<JobRequest, 'name' | 'requirements' | 'label' | 'goal' | 'profile' | 'taskCount'> & {
  /** Why the label is what it is; see `labelOf`. */
  readonly labelRule: string;
  /** Why its tasks can run on this machine alone, in words; unset where they can run elsewhere. */
  readonly onlyHere?: string;
};

/** What a lazy input is taken to hold. */
export const assumedTaskCount = 100;

/** What one task needs, bytes: its own limit, else what is known of such tasks; undefined where nobody knows. */
export function neededMemoryBytes({ requirements, profile }: Pick<PlannedJob, 'requirements' | 'profile'>) {
  return requirements.memoryBytes ?? profile.memoryBytes;
}
