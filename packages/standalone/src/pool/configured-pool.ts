import { MegalithError, megalithHome } from '@megalith/agent';
import type { Inventory } from '../inventory/read-inventory.js';
import { readInventory } from '../inventory/read-inventory.js';
import type { Ec2Pool } from '../providers/ec2/ec2-pool.js';

export interface PoolOptions {
  /** Megalith's home here. @defaultValue see `megalithHome` */
  readonly home?: string;
  /** Where the search for the project's config begins. @defaultValue the working directory */
  readonly cwd?: string;
  /** Instead of the types that the config allows. */
  readonly types?: readonly string[];
  /** How long new machines stay without work, milliseconds. @defaultValue as the config says */
  readonly idleMs?: number;
  /** Told what is going on, in a few words for people. */
  readonly tell?: (words: string) => void;
}

/**
 * The machines of the cloud that is configured. Nothing is asked of it before that is needed. Whoever opens a pool closes it.
 * @throws MegalithError NOT_CONFIGURED where no cloud is; CONFIG
 */
export async function configuredPool(options: PoolOptions = {}): Promise<Ec2Pool> {
  const pool = await poolIfConfigured(options);
  if (pool !== undefined) return pool;
  throw new MegalithError('NOT_CONFIGURED', 'no cloud is configured', {
    hint: 'write a section "ec2" with at least a "region" into megalith.yaml',
  });
}

/** The same; undefined where no cloud is configured. @throws MegalithError CONFIG */
export async function poolIfConfigured(options: PoolOptions = {}): Promise<Ec2Pool | undefined> {
  const { home = megalithHome(), cwd = process.cwd(), tell } = options;
  const inventory = withWishes(await readInventory({ cwd, home }), options);
  if (inventory.ec2 === undefined) return undefined;
  const { openEc2Pool } = await import('../providers/ec2/ec2-pool.js');
  return openEc2Pool({ inventory, home, ...(tell === undefined ? {} : { tell }) });
}

function withWishes(inventory: Inventory, { types, idleMs }: PoolOptions): Inventory {
  if (inventory.ec2 === undefined) return inventory;
  const wishes = {
    ...(types === undefined ? {} : { types: [...types] }),
    ...(idleMs === undefined ? {} : { idle: idleMs }),
  };
  return { ...inventory, ec2: { ...inventory.ec2, ...wishes } };
}
