import type { TaskStats } from '@megalith/core';

/** What a task cost, as `--json` shows it. What was not measured is left out. */
export function statsJson(stats: TaskStats): object {
  return {
    attempt: stats.attempt,
    machine: stats.machine,
    startedAt: new Date(stats.startedAt).toISOString(),
    runtimeMs: rounded(stats.execMs),
    ...(stats.cpuUserMs === undefined ? {} : { cpuUserMs: rounded(stats.cpuUserMs) }),
    ...(stats.cpuSystemMs === undefined ? {} : { cpuSystemMs: rounded(stats.cpuSystemMs) }),
    ...(stats.peakMemoryBytes === undefined ? {} : { peakMemoryBytes: stats.peakMemoryBytes }),
  };
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
