import type { AttemptStats } from '@megalith/agent';
import type { JobProfile } from '../job-profile.js';
export const probeLimitMs = 30_000;
export function probeSize(taskCount: number | undefined): number {
  return Math.min(3, taskCount ?? 3);
}
export function profileFromProbe(
  done: readonly AttemptStats[],
  runningMs: readonly number[],
  job: { profile: JobProfile },
): JobProfile {
  const all = [...done.map(s => s.endedAt - s.startedAt), ...runningMs].sort((a, b) => a - b);
  if (all.length === 0) return job.profile;
  return { ...job.profile, source: 'probe', taskMs: { p50: all[Math.floor((all.length - 1) / 2)]!, p90: all.at(-1)! } };
}
