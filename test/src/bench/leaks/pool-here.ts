import { acquire, configuredPool, type Ec2Pool, type SweepReport, sweepPool } from '@megalith/standalone';

/** The pool that a home is configured for, as any client of it opens it. */
export function poolAt(home: string): Promise<Ec2Pool> {
  return configuredPool({ home, cwd: home });
}

/** One sweep as an impatient dismantler does it; what the cloud does not list yet it gives more time, as always. */
export async function sweepOnce(pool: Ec2Pool): Promise<SweepReport> {
  return await sweepPool(pool, {
    rules: { delayMs: sweepDelayMs, bootGraceMs: 1500, intentGraceMs: 20_000 },
    limits: { askMs: 3000, checkMs: 5000, endMs: 10_000 },
  });
}

/** Between two sights of two signals, milliseconds. */
export const sweepDelayMs = 400;

/** Another client's wait for a machine for the same job: what it is given is told, and it gives up then. */
export async function acquireAndLeave(pool: Ec2Pool, job: string): Promise<string> {
  const { desk, settings } = pool;
  let given = 'nothing';
  const leave = new Error('the client leaves');
  const hostOf: typeof desk.hostOf = async machine => {
    given = machine.id;
    throw leave;
  };
  const wanted = { job, requirements: { cpus: 2, memoryBytes: 12 * 2 ** 30 }, label: settings.clearance };
  try {
    await acquire({ tasks: 1, of: () => wanted }, { ...desk, hostOf });
  } catch (error) {
    if (error !== leave) throw error;
  }
  return given;
}
