import { defaultRetention, type Retention } from '@megalith/agent';

/** How agents behave on the machines, as the section `agent` of the config says. */
export interface AgentSettings {
  /** An agent without jobs and clients ends itself after this time, milliseconds. @defaultValue 10 minutes */
  readonly idleMs: number;
  /** What agents keep of jobs that are over. @defaultValue 200 jobs (`keepJobs`), 7 days (`keepFor`) */
  readonly retention: Retention;
}

/** What one file says; what it leaves out is decided by the other file, or by default. */
export interface AgentSection {
  readonly idleMs?: number;
  readonly keepJobs?: number;
  readonly keepForMs?: number;
}

/** The first section that says something decides it. */
export function agentSettings(sections: readonly AgentSection[]): AgentSettings {
  const first = <K extends keyof AgentSection>(key: K): AgentSection[K] | undefined =>
    sections.find(section => section[key] !== undefined)?.[key];
  return {
    idleMs: first('idleMs') ?? 600_000,
    retention: {
      maxJobs: first('keepJobs') ?? defaultRetention.maxJobs,
      maxAgeMs: first('keepForMs') ?? defaultRetention.maxAgeMs,
    },
  };
}
