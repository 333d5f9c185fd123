import { FunctionExecutor, type JobOptions } from '@megalith/core';
import { poolPlace } from '../cloud/pool-place.js';
import type { SessionOptions } from './session.js';

/**
 * Where nothing is said of the place, and this machine can't take the job, machines are asked: hosts, or a cloud, where some are configured.
 * @throws MegalithError CONFIG
 */
export async function whereItFits(job: JobOptions, session: SessionOptions): Promise<SessionOptions> {
  const isOpen = session.backend === undefined || session.backend === 'auto';
  if (!isOpen || (job.memory === undefined && job.cpus === undefined)) return session;
  const { slots, home } = session;
  const here = new FunctionExecutor({
    backend: 'local',
    ...(slots === undefined ? {} : { slots }),
    ...(home === undefined ? {} : { home }),
  });
  try {
    if ((await here.plan(job)).chosen !== undefined) return session;
  } finally {
    await here.close();
  }
  const { readInventory } = await import('@megalith/standalone');
  const { hosts, ec2 } = await readInventory(poolPlace());
  return hosts.length === 0 && ec2 === undefined ? session : { ...session, backend: 'standalone' };
}
