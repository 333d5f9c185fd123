import { isLower, type Label } from '@megalith/agent';
import { pathMatcher } from './path-rule.js';
import type { PathRule, Policy } from './policy.js';

/** What decides how sensitive a job's data is. */
export interface LabelFacts {
  readonly tags: readonly string[];
  /** What the caller says; it can only raise. */
  readonly label?: Label;
  /** What the job reads, as absolute paths without links. Each may be a folder: a rule counts that anything below it could be under. */
  readonly paths?: readonly string[];
  /** The same of what is known to be a file: only rules count that it is under itself. */
  readonly files?: readonly string[];
  /** Of inputs that carry a label of their own: results of other jobs, stored objects, files that a job left. */
  readonly inherited?: readonly { readonly label: Label; readonly from: string }[];
}

export interface JobLabel {
  readonly label: Label;
  /** The rule that gave it, in words: `tag "phi" is restricted`. */
  readonly rule: string;
}

/**
 * The highest label of all that a job touches. The default counts where nothing else speaks: for a job of which nothing is said, and, unless it has tags,
 * for each path that no rule covers wholly. So tags and rules can give less than the default, and the caller's own label only more.
 * @throws MegalithError CONFIG for a path rule that can't be read
 */
export function labelOf(facts: LabelFacts, policy: Policy): JobLabel {
  const said = [...ofTags(facts, policy), ...ofPaths(facts, policy), ...ofInputs(facts)];
  const fallback: JobLabel = { label: policy.defaultLabel, rule: `the policy's default is ${policy.defaultLabel}` };
  const highest = said.length === 0 ? fallback : said.reduce(higher);
  const { label } = facts;
  return label === undefined ? highest : higher(highest, { label, rule: `the job says that it is ${label}` });
}

/** Of equals the first. */
function higher(one: JobLabel, other: JobLabel): JobLabel {
  return isLower(one.label, other.label) ? other : one;
}

function ofTags({ tags }: LabelFacts, policy: Policy): JobLabel[] {
  return tags.map(tag => {
    // A tag may be called "constructor".
    const label = Object.hasOwn(policy.tags, tag) ? policy.tags[tag] : undefined;
    return label === undefined
      ? { label: 'restricted', rule: `tag "${tag}" is unknown to the policy, and so restricted` }
      : { label, rule: `tag "${tag}" is ${label}` };
  });
}

function ofPaths({ paths = [], files = [], tags }: LabelFacts, policy: Policy): JobLabel[] {
  const rules = policy.paths.map(rule => ({ ...rule, covers: pathMatcher(rule.glob) }));
  const all = [
    ...paths.map(path => ({ path, kind: 'any' as const })),
    ...files.map(path => ({ path, kind: 'file' as const })),
  ];
  return all.flatMap(({ path, kind }) => {
    const matching = rules.filter(rule => rule.covers(path, kind)).map(rule => ofRule(path, rule));
    const isWhollyCovered = rules.some(rule => rule.covers(path, 'file'));
    const { defaultLabel: label } = policy;
    const rest = { label, rule: `no rule is about all of "${path}", and the policy's default is ${label}` };
    return isWhollyCovered || tags.length > 0 ? matching : [...matching, rest];
  });
}

function ofRule(path: string, { glob, label }: PathRule): JobLabel {
  return { label, rule: `"${path}" is under the rule "${glob}", which is ${label}` };
}

function ofInputs({ inherited = [] }: LabelFacts): JobLabel[] {
  return inherited.map(({ label, from }) => ({ label, rule: `${from} is ${label}` }));
}
