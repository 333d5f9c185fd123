import { MegalithError } from '@megalith/agent';
import type { StoreSection } from '../config/store-section.js';
import { type OpenStore, openStore } from './open-store.js';

/** Opens a store that the config names. @throws MegalithError NOT_CONFIGURED, CONFIG */
export async function configuredStore(
  name: string,
  stores: Readonly<Record<string, StoreSection>>,
): Promise<OpenStore> {
  const section = stores[name];
  if (section === undefined) throw new MegalithError('NOT_CONFIGURED', `there is no store "${name}" in the config`);
  const { url, region, endpoint, clearance = 'internal' } = section;
  return openStore({
    name,
    url,
    clearance,
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
  });
}
