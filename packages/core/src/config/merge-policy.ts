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
    paths: files.flatMap(({ file, policy }) => pathRules(policy.paths ?? {}, file, tags)),
    regions: mergedRegions(policies),
  };
}

/** A null prototype: a tag may be called `constructor`. */
function mergedTags(policies: readonly PolicySection[]): Policy['tags'] {
  const maps = policies.map(({ tags }) => tags).filter(map => map !== undefined);
  const merged: Record<string, Label> = Object.create(null);
  for (const tag of new Set(maps.flatMap(map => Object.keys(map)))) {
    const outer = maps[0]!;
    const said = maps.flatMap(map => (Object.hasOwn(map, tag) ? map[tag]! : []));
    merged[tag] = Object.hasOwn(outer, tag) ? highest(said)! : 'restricted';
  }
  return merged;
}

function pathRules(paths: Readonly<Record<string, string>>, file: string, tags: Policy['tags']): PathRule[] {
  return Object.entries(paths).map(([glob, value]) => ({
    glob: absolutePath(glob, file),
    label: isLabel(value) ? value : (tags[value] ?? 'restricted'),
  }));
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
