import { configuredPool, type Ec2Pool, type PoolOptions } from '@megalith/standalone';
import { poolPlace } from './pool-place.js';

/**
 * Works with the machines of the cloud that is configured here; connections end with the body.
 * @throws MegalithError NOT_CONFIGURED, CONFIG
 */
export async function withPool<T>(
  body: (pool: Ec2Pool) => Promise<T>,
  options: Omit<PoolOptions, 'home' | 'cwd'> = {},
): Promise<T> {
  const pool = await configuredPool({ ...poolPlace(), ...options });
  try {
    return await body(pool);
  } finally {
    pool.close();
  }
}
