import { setTimeout as delay } from 'node:timers/promises';
import { CreateTagsCommand } from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { eventually } from '../../conformance/eventually.js';
import { gateIn, scratchFolder } from '../../conformance/scratch.js';
import { bestInstanceHostKind, instanceHostsCan } from '../../ec2/hosts/start-instance-hosts.js';
import { testClients } from '../../ec2/test-clients.js';
import { agentsOn, killAgents } from '../ssh/agents-there.js';
import { allGone, openSite, type Site, sweepDelayMs } from './open-site.js';

const canRunUserData = instanceHostsCan(await bestInstanceHostKind(), 'user-data');
/** So long is a minute of a machine's timer where the timer is not to end it. */
const neverMs = 3_600_000;

/** One machine that has had a job, and whose client is gone. */
async function usedMachine(site: Site): Promise<string> {
  const executor = site.executor();
  await executor.run(['true']);
  await executor.close();
  const [only, ...others] = site.alive();
  expect(others).toEqual([]);
  return only!.id;
}

async function removeAgent(site: Site, id: string): Promise<void> {
  const machine = site.machine(id);
  killAgents(machine);
  await eventually('no agent runs', () => agentsOn(machine).length === 0);
}

test.runIf(canRunUserData)('the timer of its user data alone ends a machine', async () => {
  // Of its lifetime nine whole minutes are left at its boot.
  const site = await openSite({ minuteMs: 600, section: { maxLifetime: '10m' } });
  const id = await usedMachine(site);
  await removeAgent(site, id);
  expect(site.ec2.instance(id)?.state).toBe('running');
  await allGone(site);
  expect(site.calls('TerminateInstances')).toBe(0);
  expect(site.ec2.instances()).toHaveLength(1);
});

test.runIf(canRunUserData)('an agent without work alone ends its machine', async () => {
  const site = await openSite({ minuteMs: neverMs, section: { idle: '1s' } });
  await usedMachine(site);
  await allGone(site);
  expect(site.calls('TerminateInstances')).toBe(0);
  expect(site.ec2.instances()).toHaveLength(1);
});

test.runIf(canRunUserData)('two sweeps alone end a machine without timer and agent', async () => {
  const site = await openSite({ minuteMs: neverMs });
  const id = await usedMachine(site);
  expect((await site.machine(id).exec('shutdown -c')).code).toBe(0);
  expect((await site.sweep()).deeds).toEqual([]);
  expect(site.alive()).toHaveLength(1);
  await removeAgent(site, id);
  await site.sweep();
  expect(site.ec2.instance(id)?.state).toBe('running');
  await delay(sweepDelayMs);
  const report = await site.sweep();
  expect(report.problems).toEqual([]);
  expect(site.alive()).toEqual([]);
});

test('a machine that is past its end is ended by one sweep, and no other', async () => {
  const site = await openSite({ minuteMs: neverMs });
  const id = await usedMachine(site);
  await site.sweep();
  expect(site.ec2.instance(id)?.state).toBe('running');
  const { ec2, close } = testClients(site.ec2.endpoint);
  const Tags = [{ Key: 'megalith:expires', Value: new Date(Date.now() - 60_000).toISOString() }];
  await ec2.send(new CreateTagsCommand({ Resources: [id], Tags }));
  close();
  const report = await site.sweep();
  expect(report.deeds).toMatchObject([{ verdict: { machine: id, reason: 'expired' }, outcome: 'done' }]);
  expect(site.alive()).toEqual([]);
});

test('a spent budget alone ends machines without work, lets no other be made, and takes none from a job', async () => {
  const shared = scratchFolder();
  const site = await openSite({ minuteMs: neverMs, sharedFolder: shared });
  const gate = gateIn(shared);
  const executor = site.executor();
  const job = executor.run(['sh', '-c', `echo >${gate.path}-begun; until [ -e ${gate.path} ]; do sleep 0.05; done`]);
  await executor.run(['true']);
  await eventually('the job runs', () => site.alive().length === 2);
  await site.sweep();
  await delay(sweepDelayMs);
  expect((await site.sweep()).deeds).toEqual([]);
  site.configure({ maxUsdPerDay: 0.000_01 });
  const launches = site.calls('CreateFleet');
  await site.sweep();
  expect(site.alive()).toHaveLength(2);
  await delay(sweepDelayMs);
  const report = await site.sweep();
  expect(report.deeds).toMatchObject([{ verdict: { because: expect.stringContaining('budget') }, outcome: 'done' }]);
  expect(site.alive()).toHaveLength(1);
  await expect(site.executor().run(['true'])).rejects.toMatchObject({ code: 'OVER_BUDGET' });
  expect(site.calls('CreateFleet')).toBe(launches);
  gate.open();
  expect(await job).toMatchObject({ exitCode: 0 });
  await eventually('the last machine goes', async () => {
    await site.sweep();
    return site.alive().length === 0;
  });
});
