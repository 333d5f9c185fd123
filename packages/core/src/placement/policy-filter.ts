import { isLower, type Label, labels } from '@megalith/agent';
import type { Candidate, Rejection } from '../backends/backend.js';
import type { PlannedJob } from './planned-job.js';
import type { Policy } from './policy.js';
import type { Site } from './site.js';

/** Why the policy keeps a job from a candidate, whatever it costs: `POLICY` or `REGION`. */
export function policyFilter(
  { name, label, labelRule }: Pick<PlannedJob, 'name' | 'label' | 'labelRule'>,
  policy: Policy,
): (candidate: Pick<Candidate, 'site'>) => Rejection | undefined {
  const regions = regionsFor(label, policy);
  return ({ site }) => {
    const clearance = clearanceOf(site, policy);
    if (isLower(clearance, label)) {
      return {
        reason: 'POLICY',
        explanation: `"${name}" is ${label} (${labelRule}), and ${site.name} is cleared for ${clearance} data only`,
        hint: 'run it where its data may go, or declassify what it reads',
      };
    }
    // Of a host nobody needs to say where it stands; where somebody does, it counts.
    if (regions === undefined || (site.kind !== 'cloud' && site.region === undefined)) return undefined;
    if (site.region !== undefined && regions.allowed.includes(site.region)) return undefined;
    const where = site.region === undefined ? `${site.name} says no region` : `${site.name} is in ${site.region}`;
    return {
      reason: 'REGION',
      explanation: `${regions.from} data may go to ${regions.allowed.join(', ') || 'no cloud'} only, and ${where}`,
      hint: `use a region of "policy.regions.${regions.from}"`,
    };
  };
}

/** This machine is cleared for what the policy says, and its backend can only say less. */
function clearanceOf(site: Site, policy: Policy): Label {
  return site.kind === 'here' && isLower(policy.hereClearance, site.clearance) ? policy.hereClearance : site.clearance;
}

/**
 * The highest label, up to `clearance`, of data that the policy lets go to a region of a cloud; undefined where it lets none.
 * @param region undefined where nobody knows it: no list has that
 */
export function clearanceInRegion(clearance: Label, region: string | undefined, policy: Policy): Label | undefined {
  const isAllowed = (label: Label): boolean => {
    const regions = regionsFor(label, policy);
    return regions === undefined || (region !== undefined && regions.allowed.includes(region));
  };
  let highest: Label | undefined;
  for (const label of labels) {
    if (isLower(clearance, label) || !isAllowed(label)) break;
    highest = label;
  }
  return highest;
}

/** The list of the label itself, else that of the nearest below it: what binds less sensitive data binds this too. Without any, all regions are fine. */
function regionsFor(
  label: Label,
  { regions }: Pick<Policy, 'regions'>,
): { from: Label; allowed: readonly string[] } | undefined {
  for (const from of labels.slice(0, labels.indexOf(label) + 1).reverse()) {
    const allowed = regions[from];
    if (allowed !== undefined) return { from, allowed };
  }
  return undefined;
}
