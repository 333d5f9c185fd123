import { higherLabel, type Label } from '@megalith/agent';
import type { Policy } from './policy.js';

/** What decides how sensitive a job's data is. */
export interface LabelFacts {
  readonly tags: readonly string[];
  /** What the caller says; it can only raise. */
  readonly label?: Label;
  /** Absolute paths of files that the job reads. */
  readonly paths?: readonly string[];
  /** Of inputs that carry a label of their own: results of other jobs, stored objects, files that a job left. */
  readonly inherited?: readonly { readonly label: Label; readonly from: string }[];
}

export interface JobLabel {
  readonly label: Label;
  /** The rule that gave it, in words: `tag "phi" is restricted`. */
  readonly rule: string;
}

/** The highest label of all that a job touches. */
export function labelOf({ tags, label }: LabelFacts, policy: Policy): JobLabel {
  const given = tags.map(tag => policy.tags[tag] ?? 'restricted');
  const all = [...given, ...(label === undefined ? [] : [label])];
  const highest = all.length === 0 ? policy.defaultLabel : all.reduce((one, other) => higherLabel(one, other));
  return { label: highest, rule: 'highest of all' };
}
