import { baselines, isViolation } from './baselines.js';
import { History, quantile } from './history.js';
import { type Best, bestPlace } from './oracle.js';
import { JobOnItsWay } from './planned-run.js';
import type { Trace } from './traces.js';

/** What one rule has made of a trace. */
export interface TraceRow {
  readonly trace: string;
  readonly rule: string;
  readonly jobs: number;
  /** Cost above that of the oracle, in per cent, of jobs that kept to the policy. */
  readonly regretMedian: number;
  readonly regretP95: number;
  /** All jobs together, against the oracle. */
  readonly costRatio: number;
  /** Per cent of the jobs that have a deadline. */
  readonly missedPercent: number;
  /** Tasks that died for want of memory and ran again, per thousand. */
  readonly outOfMemoryPerMille: number;
  /** Jobs whose data went where it may not. */
  readonly violations: number;
  /** Tasks that were never placed. */
  readonly lost: number;
}

interface Judged {
  readonly usd: number;
  readonly ms: number;
  readonly outOfMemory: number;
  readonly violations: number;
  readonly lost: number;
}

/** Runs every job of a trace by every rule, and beside them by the oracle, which knows what the tasks will take. */
export function measureTrace({ name, places, past, jobs }: Trace): TraceRow[] {
  const history = new History();
  for (const job of past) history.add(job);
  const rows = new Map<string, { job: (typeof jobs)[number]; oracle: Best; judged: Judged }[]>();
  const note = (rule: string, job: (typeof jobs)[number], oracle: Best, judged: Judged): void => {
    const row = rows.get(rule) ?? [];
    rows.set(rule, row);
    row.push({ job, oracle, judged });
  };
  for (const job of jobs) {
    const oracle = bestPlace(job, places, { objective: 'usd', deadlineMs: job.deadlineMs });
    if (oracle === undefined) continue;
    note('Megalith', job, oracle, new JobOnItsWay(job, places).run(history.profileOf(job.fn)));
    if (past.length > 0) history.add(job);
    for (const baseline of baselines) {
      const best = baseline.place(job, places);
      const nothing = { usd: 0, ms: 0, outOfMemory: 0, violations: 0, lost: job.ms.length };
      const judged = best && { ...best, outOfMemory: 0, violations: isViolation(job, best) ? 1 : 0, lost: 0 };
      note(baseline.name, job, oracle, judged ?? nothing);
    }
  }
  return [...rows].map(([rule, all]) => {
    const allowed = all.filter(({ judged }) => judged.violations === 0);
    const regrets = allowed.map(({ judged, oracle }) => judged.usd / oracle.usd - 1);
    const due = all.filter(({ job }) => job.deadlineMs !== undefined);
    const missed = due.filter(({ job, judged }) => judged.ms > job.deadlineMs!);
    const tasks = all.reduce((sum, { job }) => sum + job.ms.length, 0);
    const total = (of: (judged: Judged) => number): number => all.reduce((sum, { judged }) => sum + of(judged), 0);
    const spent = allowed.reduce((sum, { judged }) => sum + judged.usd, 0);
    return {
      trace: name,
      rule,
      jobs: all.length,
      regretMedian: rounded(100 * quantile(regrets, 0.5)),
      regretP95: rounded(100 * quantile(regrets, 0.95)),
      costRatio: rounded(spent / allowed.reduce((sum, { oracle }) => sum + oracle.usd, 0), 3),
      missedPercent: rounded((100 * missed.length) / Math.max(1, due.length)),
      outOfMemoryPerMille: rounded((1000 * total(({ outOfMemory }) => outOfMemory)) / tasks, 2),
      violations: total(({ violations }) => violations),
      lost: total(({ lost }) => lost),
    };
  });
}

function rounded(value: number, digits = 1): number {
  return Number(value.toFixed(digits));
}
