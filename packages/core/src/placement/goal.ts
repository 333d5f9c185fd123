/** What the best place for a job is. */
export interface Goal {
  /** `cost`: the cheapest that meets the deadline. `time`: the fastest within the budget. */
  readonly objective: 'cost' | 'time';
  /** From now until the job's last result, milliseconds. @defaultValue none */
  readonly deadlineMs?: number;
  /** What the job may cost, dollars. @defaultValue none */
  readonly budgetUsd?: number;
}

export const cheapest: Goal = { objective: 'cost' };

/** What is left of a goal's deadline after a while. */
export function afterwards(goal: Goal, ms: number): Goal {
  return goal.deadlineMs === undefined ? goal : { ...goal, deadlineMs: Math.max(0, goal.deadlineMs - ms) };
}
