import { readInventory } from '@megalith/standalone';

type PoolModule = typeof import('../../../../packages/standalone/src/providers/ec2/ec2-pool.js');
type SweepModule = typeof import('../../../../packages/standalone/src/dismantle/pool-sweep.js');
type AcquireModule = typeof import('../../../../packages/standalone/src/pool/acquire.js');

export type OpenPool = NonNullable<ReturnType<PoolModule['openEc2Pool']>>;
export type SweepReport = Awaited<ReturnType<SweepModule['sweepPool']>>;

// What the package keeps to itself, from its build.
const dist = new URL('../../../../packages/standalone/dist/', import.meta.url);

/** The pool that a home is configured for, as any client of it opens it. */
export async function poolAt(home: string): Promise<OpenPool> {
  const { openEc2Pool } = (await import(new URL('providers/ec2/ec2-pool.js', dist).href)) as PoolModule;
  return openEc2Pool({ inventory: await readInventory({ home, cwd: home }), home })!;
}

/** One sweep as an impatient dismantler does it; what the cloud does not list yet it gives more time, as always. */
export async function sweepOnce(pool: OpenPool): Promise<SweepReport> {
  const { sweepPool } = (await import(new URL('dismantle/pool-sweep.js', dist).href)) as SweepModule;
  return await sweepPool(pool, {
    rules: { delayMs: sweepDelayMs, bootGraceMs: 1500, intentGraceMs: 20_000 },
    limits: { askMs: 3000, checkMs: 5000, endMs: 10_000 },
  });
}

/** Between two sights of two signals, milliseconds. */
export const sweepDelayMs = 400;

/** Another client's wait for a machine for the same job: what it is given is told, and it gives up then. */
export async function acquireAndLeave(pool: OpenPool, job: string): Promise<string> {
  const { acquire } = (await import(new URL('pool/acquire.js', dist).href)) as AcquireModule;
  const { desk, settings } = pool;
  let given = 'nothing';
  const leave = new Error('the client leaves');
  const hostOf: typeof desk.hostOf = async machine => {
    given = machine.id;
    throw leave;
  };
  const wanted = { job, requirements: { cpus: 2, memoryBytes: 12 * 2 ** 30 }, label: settings.clearance };
  try {
    await acquire(wanted, { ...desk, hostOf });
  } catch (error) {
    if (error !== leave) throw error;
  }
  return given;
}
