import { MegalithError } from '@megalith/agent';
import type { StoreSection } from '../config/store-section.js';
import type { Policy } from '../placement/policy.js';
import { clearanceInRegion } from '../placement/policy-filter.js';
import { type OpenStore, openStore } from './open-store.js';

/**
 * Opens a store that the config names. It is cleared for no more than may go to its region, see `policy.regions`; a folder is in none.
 * @throws MegalithError NOT_CONFIGURED, CONFIG; POLICY where nothing may go to its region
 */
export async function configuredStore(
  name: string,
  stores: Readonly<Record<string, StoreSection>>,
  policy: Policy,
): Promise<OpenStore> {
  const section = stores[name];
  if (section === undefined) throw new MegalithError('NOT_CONFIGURED', `there is no store "${name}" in the config`);
  const { url, region, endpoint, pathStyle, clearance: said = 'internal' } = section;
  const isFolder = !url.includes('://') || /^file:/i.test(url);
  const clearance = isFolder ? said : clearanceInRegion(said, region, policy);
  if (clearance === undefined) {
    const where = region === undefined ? 'says no region' : `is in ${region}`;
    throw new MegalithError('POLICY', `the store "${name}" ${where}, and "policy.regions" lets no data go there`, {
      hint: `set "stores.${name}.region" to one that the policy allows`,
      details: { store: name },
    });
  }
  return openStore({
    name,
    url,
    clearance,
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(pathStyle === undefined ? {} : { pathStyle }),
  });
}
