import type { AgentSection } from './agent-section.js';
import type { Ec2Section } from './ec2-section.js';
import type { HostEntry } from './host-entry.js';
import type { LambdaSection } from './lambda-section.js';
import type { PolicySection } from './policy-section.js';
import type { StoreSection } from './store-section.js';

/** What one file says. Paths are as written. */
export interface ParsedConfig {
  readonly hosts: readonly HostEntry[];
  readonly agent: AgentSection;
  readonly ec2?: Ec2Section;
  readonly lambda?: LambdaSection;
  readonly policy?: PolicySection;
  /** By name. */
  readonly stores: Readonly<Record<string, StoreSection>>;
  readonly history?: HistorySection;
  readonly data?: DataSection;
  /** A file of prices. */
  readonly prices?: string;
}

/** Where jobs put objects that name no store themselves. */
export interface DataSection {
  /** The name of a store. */
  readonly store: string;
}

/** Where what was learned of jobs is shared. */
export interface HistorySection {
  /** The name of a store. */
  readonly store: string;
}
