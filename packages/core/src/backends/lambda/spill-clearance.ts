import { isLower, type Label, labels } from '@megalith/agent';
import type { Policy } from '../../placement/policy.js';
import { regionsFor } from '../../placement/policy-filter.js';

/**
 * The highest label that may go through a store in that region: no higher than what the store is cleared for, and not above the first that the
 * policy keeps from the region. Undefined where nothing may.
 * @param region unset: nobody knows, and what is bound to regions does not go there
 */
export function spillClearance(
  clearance: Label,
  region: string | undefined,
  policy: Pick<Policy, 'regions'>,
): Label | undefined {
  const mayGo = (label: Label): boolean => {
    const bound = regionsFor(label, policy);
    return bound === undefined || (region !== undefined && bound.allowed.includes(region));
  };
  const kept = labels.findIndex(label => isLower(clearance, label) || !mayGo(label));
  return kept === -1 ? clearance : labels[kept - 1];
}
