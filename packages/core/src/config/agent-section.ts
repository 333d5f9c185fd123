/** What the section `agent` says of agents on machines; what is left out is decided elsewhere. */
export interface AgentSection {
  /** An agent without jobs and clients ends itself after this time, milliseconds. */
  readonly idleMs?: number;
  readonly keepJobs?: number;
  readonly keepForMs?: number;
}
