import { megalithHome } from '@megalith/agent';
import { readInventory } from '../inventory/read-inventory.js';
import type { PoolOptions } from './configured-pool.js';

/** One thing that machines of a cloud need, and how it stands. */
export interface CloudLook {
  /** `ec2 image` */
  readonly what: string;
  readonly isGood: boolean;
  /** What is so, or what is wrong. */
  readonly detail: string;
  readonly hint?: string;
}

/**
 * Looks whether machines of the cloud could be made as the config says. Only asks, and makes nothing. Without credentials that is all that is told.
 * @returns nothing where no cloud is configured
 * @throws MegalithError CONFIG; CANCELLED
 */
export async function lookAtCloud(
  { home = megalithHome(), cwd = process.cwd() }: Pick<PoolOptions, 'home' | 'cwd'>,
  signal?: AbortSignal,
): Promise<readonly CloudLook[]> {
  const inventory = await readInventory({ cwd, home });
  if (inventory.ec2 === undefined) return [];
  const { lookAtEc2 } = await import('../providers/ec2/look-at-ec2.js');
  return await lookAtEc2({ inventory, home }, signal);
}
