import { existsSync } from 'node:fs';
import { isMegalithError } from '@megalith/agent';
import type { CloudLook } from '../../pool/look-at-cloud.js';
import { openEc2 } from './ec2-client.js';
import { type Ec2PoolOptions, openEc2Pool } from './ec2-pool.js';
import { findImage } from './image.js';
import { keyPath } from './key-pair.js';
import { findSubnets } from './subnets.js';

/** As `lookAtCloud`; nothing where the config has no section `ec2`. @throws MegalithError CANCELLED */
export async function lookAtEc2(
  { inventory, home }: Pick<Ec2PoolOptions, 'inventory' | 'home'>,
  signal: AbortSignal | undefined,
): Promise<readonly CloudLook[]> {
  const pool = openEc2Pool({ inventory, home });
  if (pool === undefined) return [];
  const { settings, cloud } = pool;
  const api = openEc2(settings);
  const options = signal === undefined ? {} : { signal };
  const { region, owner, archs } = settings;
  try {
    const account = await looked('ec2 account', async () => {
      let up = 0;
      for await (const machine of cloud.list(signal)) {
        if (machine.tags.owner === owner && machine.state !== 'terminated') up++;
      }
      return `${region}, machines of "${owner}": ${up}`;
    });
    if (!account.isGood) return [account];
    const [image, network] = await Promise.all([
      looked('ec2 image', async () => {
        const found = await Promise.all(archs.map(arch => findImage(api, settings, arch, Date.now(), options)));
        return found.map(({ id, arch, warnings }) => [`${id} for ${arch}`, ...warnings].join('; ')).join(', ');
      }),
      looked('ec2 network', async () => {
        const subnets = await findSubnets(api, region, settings.subnets, options);
        const zones = [...new Set(subnets.map(({ zone }) => zone))].sort();
        return `${subnets.length} ${subnets.length === 1 ? 'subnet' : 'subnets'}, in ${zones.join(', ')}`;
      }),
    ]);
    const path = keyPath(home, settings);
    const key = existsSync(path) ? `in "${path}"` : 'none yet: it is made with the first machine';
    return [account, image, network, { what: 'ec2 key', isGood: true, detail: key }];
  } finally {
    api.close();
    pool.close();
  }
}

async function looked(what: string, look: () => Promise<string>): Promise<CloudLook> {
  try {
    return { what, isGood: true, detail: await look() };
  } catch (error) {
    if (!isMegalithError(error) || error.code === 'CANCELLED') throw error;
    const { message, hint } = error;
    return { what, isGood: false, detail: message, ...(hint === undefined ? {} : { hint }) };
  }
}
