import type { Label } from '@megalith/agent';

/** The organisation's rules of where data may go, as the section `policy` of the config says. */
export interface Policy {
  /** Of a job without tags. @defaultValue 'internal' */
  readonly defaultLabel: Label;
  /** What this machine is cleared for. @defaultValue 'restricted': what is here already goes nowhere */
  readonly hereClearance: Label;
  /** The label of what a tag says; one that is not among them counts as `restricted`. */
  readonly tags: Readonly<Record<string, Label>>;
  /** Labels of files by their absolute paths; `**` stands for any folders. */
  readonly paths: readonly PathRule[];
  /** Regions of clouds that data of a label, or a higher one, may go to. @defaultValue any */
  readonly regions: Partial<Readonly<Record<Label, readonly string[]>>>;
}

export interface PathRule {
  readonly glob: string;
  readonly label: Label;
}

export const defaultPolicy: Policy = {
  defaultLabel: 'internal',
  hereClearance: 'restricted',
  tags: {},
  paths: [],
  regions: {},
};
