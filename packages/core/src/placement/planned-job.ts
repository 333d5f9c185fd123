import type { JobRequest } from '../backends/backend.js';

/** What is to be placed. */
export type PlannedJob = Pick<
  JobRequest,
  'name' | 'requirements' | 'label' | 'goal' | 'profile' | 'taskCount' | 'wants'
> & {
  /** Why the label is what it is; see `labelOf`. */
  readonly labelRule: string;
};

/** What a lazy input is taken to hold. */
export const assumedTaskCount = 100;

/** What one task needs, bytes: its own limit, else what is known of such tasks; undefined where nobody knows. */
export function neededMemoryBytes({ requirements, profile }: Pick<PlannedJob, 'requirements' | 'profile'>) {
  return requirements.memoryBytes ?? profile.memoryBytes;
}
