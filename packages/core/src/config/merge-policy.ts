import { higherLabel, isLabel, type Label, labels } from '@megalith/agent';
import { defaultPolicy, type PathRule, type Policy } from '../placement/policy.js';
import { absolutePath } from './absolute-path.js';
import { lowestLabel } from './merge-sites.js';
import type { PolicySection } from './policy-section.js';

export interface PolicyOfFile {
  readonly file: string;
  readonly policy: PolicySection;
}

/**
 * One policy of several files, of which none can loosen what another says: the stricter counts, entry by entry.
 *
 * - `default` and the label of a tag: the highest. `here`: the lowest. `regions`: those that all allow. `paths`: all of them.
 * - A map of tags speaks for the others too, which are `restricted` by it: a tag that an inner file adds to the tags of an outer one stays so.
 * - A tag or a path that only an inner file names has at least the `default` that an outer one says, and a path the label that its tag has for
 *   the files from the outermost to its own.
 *
 * @param files the outermost first: the organisation's, the user's, the project's
 */
export function mergePolicies(files: readonly PolicyOfFile[]): Policy {
  const policies = files.map(({ policy }) => policy);
  const tags = mergedTags(policies);
  return {
    defaultLabel: highest(policies.flatMap(policy => policy.default ?? [])) ?? defaultPolicy.defaultLabel,
    hereClearance: lowestLabel(policies.flatMap(policy => policy.here ?? [])) ?? defaultPolicy.hereClearance,
    tags,
    paths: files.flatMap((each, i) => pathRules(each, policies.slice(0, i + 1), tags)),
    regions: mergedRegions(policies),
  };
}

/** A null prototype: a tag may be called `constructor`. */
function mergedTags(policies: readonly PolicySection[]): Policy['tags'] {
  const first = policies.findIndex(({ tags }) => tags !== undefined);
  const maps = policies.map(({ tags }) => tags).filter(map => map !== undefined);
  const merged: Record<string, Label> = Object.create(null);
  const least = saidDefault(policies.slice(0, first));
  for (const tag of new Set(maps.flatMap(map => Object.keys(map)))) {
    const outer = maps[0]!;
    const said = [...maps.flatMap(map => (Object.hasOwn(map, tag) ? map[tag]! : [])), ...least];
    merged[tag] = Object.hasOwn(outer, tag) ? highest(said)! : 'restricted';
  }
  return merged;
}

/** @param outward the file's own policy, and those outside of it */
function pathRules(
  { file, policy }: PolicyOfFile,
  outward: readonly PolicySection[],
  tags: Policy['tags'],
): PathRule[] {
  const own = mergedTags(outward);
  const least = saidDefault(outward.slice(0, -1));
  const labelOf = (value: string): readonly Label[] =>
    isLabel(value) ? [value] : [tags[value] ?? 'restricted', own[value] ?? 'restricted'];
  return Object.entries(policy.paths ?? {}).map(([glob, value]) => ({
    glob: absolutePath(glob, file),
    label: highest([...labelOf(value), ...least])!,
  }));
}

function saidDefault(policies: readonly PolicySection[]): readonly Label[] {
  return policies.flatMap(policy => policy.default ?? []);
}

/** Of each label from the first that has a list: what it may use, and what the lower ones may use too. */
function mergedRegions(policies: readonly PolicySection[]): Policy['regions'] {
  const merged: Partial<Record<Label, readonly string[]>> = {};
  let allowed: readonly string[] | undefined;
  for (const label of labels) {
    for (const list of policies.map(({ regions }) => regions?.[label])) {
      if (list !== undefined) allowed = allowed?.filter(region => list.includes(region)) ?? list;
    }
    if (allowed !== undefined) merged[label] = allowed;
  }
  return merged;
}

function highest(found: readonly Label[]): Label | undefined {
  return found.reduce<Label | undefined>((one, other) => higherLabel(other, one), undefined);
}
