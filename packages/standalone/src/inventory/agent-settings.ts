import { defaultRetention, type Retention } from '@megalith/agent';
import type { AgentSection } from '@megalith/core';

/** How agents behave on the machines, as the section `agent` of the config says. */
export interface AgentSettings {
  /** An agent without jobs and clients ends itself after this time, milliseconds. @defaultValue 10 minutes */
  readonly idleMs: number;
  /** What agents keep of jobs that are over. @defaultValue 200 jobs (`keepJobs`), 7 days (`keepFor`) */
  readonly retention: Retention;
}

/** Fills in what the config leaves out. */
export function agentSettings({ idleMs, keepJobs, keepForMs }: AgentSection): AgentSettings {
  return {
    idleMs: idleMs ?? 600_000,
    retention: {
      maxJobs: keepJobs ?? defaultRetention.maxJobs,
      maxAgeMs: keepForMs ?? defaultRetention.maxAgeMs,
    },
  };
}
