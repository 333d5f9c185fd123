import { isLower, type Label, MegalithError } from '@megalith/agent';
import type { Site } from './site.js';

/**
 * The last gate, in front of every place that tasks or data go to.
 * @throws MegalithError POLICY where the label is above the site's clearance
 */
export function requireClearance(label: Label, site: Pick<Site, 'name' | 'clearance'>, job: string): void {
  if (!isLower(site.clearance, label)) return;
  throw new MegalithError(
    'POLICY',
    `"${job}" is ${label}, and ${site.name} is cleared for ${site.clearance} data only`,
    {
      hint: 'run it where its data may go, or declassify what it reads',
      details: { label, site: site.name, clearance: site.clearance },
    },
  );
}
