import { setTimeout as delay } from 'node:timers/promises';
import { configuredPool, type SweepReport, sweepPool } from '@megalith/standalone';
import { expect, test } from 'vitest';
import { eventually, within } from '../../conformance/eventually.js';
import { type Gate, gateIn, scratchFolder } from '../../conformance/scratch.js';
import { bestInstanceHostKind } from '../../ec2/hosts/start-instance-hosts.js';
import { agentsOn, killAgents } from '../ssh/agents-there.js';
import { allGone, openSite, type Site, sweepDelayMs } from './open-site.js';

const hasNetwork = (await bestInstanceHostKind()) === 'namespaces';
/** So long is a minute of a machine's timer where the timer is not to end it. */
const neverMs = 3_600_000;

interface Left {
  readonly site: Site;
  readonly id: string;
  readonly gate: Gate;
}

/** A machine with a job that runs, and no client. */
async function leftAlone(): Promise<Left> {
  const shared = scratchFolder();
  const site = await openSite({ minuteMs: neverMs, sharedFolder: shared });
  const gate = gateIn(shared);
  const executor = site.executor();
  const command = `echo >${gate.path}-begun; until [ -e ${gate.path} ]; do sleep 0.05; done; echo >${gate.path}-done`;
  const job = executor.command(['sh', '-c', command], [0], { detached: true, id: 'alone' });
  await within(20_000, 'the leaving', job.detach());
  await executor.close();
  return { site, id: site.alive()[0]!.id, gate };
}

/** Two sweeps with the delay between, by a client that waits so long for machines that are silent. */
async function sweepTwice({ home }: Site, askMs: number): Promise<SweepReport> {
  const sweep = async () => {
    const pool = await configuredPool({ home, cwd: home });
    try {
      const impatient = { ...pool, desk: { ...pool.desk, askMs } };
      const rules = { delayMs: sweepDelayMs, bootGraceMs: 100 };
      return await within(30_000, 'the sweep', sweepPool(impatient, { rules }));
    } finally {
      pool.close();
    }
  };
  await sweep();
  await delay(sweepDelayMs);
  return await sweep();
}

test.runIf(hasNetwork)(
  'a machine that is out of reach from here keeps its job, until the cloud finds it dead too',
  async () => {
    const { site, id } = await leftAlone();
    await site.machine(id).faults.cutOff();
    const { deeds, verdicts } = await sweepTwice(site, 700);
    expect(deeds).toEqual([]);
    expect(verdicts).toMatchObject([
      { action: 'leave', because: expect.stringContaining('can’t be reached from here') },
    ]);
    site.ec2.setImpaired(id, true);
    await sweepTwice(site, 700);
    expect(site.alive()).toEqual([]);
  },
);

test.runIf(hasNetwork)('an agent that was killed is started again before a sweep ends its machine', async () => {
  const { site, id, gate } = await leftAlone();
  const machine = site.machine(id);
  killAgents(machine);
  await eventually('no agent runs', () => agentsOn(machine).length === 0);
  expect((await sweepTwice(site, 10_000)).deeds).toMatchObject([{ outcome: 'busy' }]);
  expect(site.ec2.instance(id)?.state).toBe('running');
  gate.open();
  await allGone(site);
  expect(site.calls('TerminateInstances')).toBe(0);
});
