import { expect, test } from 'vitest';
import type { Fault } from '../../ec2/faults.js';
import { bestInstanceHostKind, instanceHostsCan } from '../../ec2/hosts/start-instance-hosts.js';
import { allGone, openSite, type Site } from './open-site.js';

const canNetwork = instanceHostsCan(await bestInstanceHostKind(), 'network');
/** Agents end their machines so long after the last job. */
const section = { idle: '1s' };

/** Runs a job to its end, of which one machine was made and none is left. */
async function expectOneMachine(site: Site): Promise<void> {
  const executor = site.executor();
  expect(await executor.run(['true'])).toMatchObject({ exitCode: 0 });
  await site.sweep();
  await executor.close();
  await allGone(site);
  expect(site.ec2.instances()).toHaveLength(1);
}

const surmountable: readonly (readonly [string, Fault])[] = [
  ['a zone without capacity', { action: 'CreateFleet', kind: 'no-capacity', zone: 'us-east-1a' }],
  ['too many requests', { action: 'CreateFleet', kind: 'error', code: 'RequestLimitExceeded', times: 2 }],
  ['too many requests of any kind', { action: '*', kind: 'error', code: 'RequestLimitExceeded', times: 2 }],
  ['a server error', { action: 'CreateFleet', kind: 'error', code: 'InternalError', status: 500, times: 1 }],
  ['a machine that is unknown at first', { action: 'DescribeInstances', kind: 'not-found', times: 2 }],
  ['a machine that is not listed for a while', { action: 'CreateFleet', kind: 'unseen', ms: 1_500 }],
  ['a lost request', { action: 'CreateFleet', kind: 'request-lost', times: 1 }],
  ['a lost reply', { action: 'CreateFleet', kind: 'reply-lost', times: 1 }],
  ['a late reply', { action: 'CreateFleet', kind: 'reply-late', ms: 1_000, times: 1 }],
  ['lost tags', { action: 'CreateFleet', kind: 'tags-lost' }],
  ['a slow boot in the cloud', { action: 'CreateFleet', kind: 'slow-boot', ms: 2_000 }],
  ['a clock of the cloud that is ahead', { action: 'CreateFleet', kind: 'clock-skew', ms: 3_600_000 }],
];

test.for(surmountable)('a job gets its one machine in spite of %s', async ([, fault]) => {
  const site = await openSite({ section });
  const { zones, handle } = { zones: new Set<string>(), handle: site.ec2.faults.add(fault) };
  await expectOneMachine(site);
  expect(handle.hits).toBeGreaterThan(0);
  for (const { zone } of site.ec2.instances()) zones.add(zone);
  if (fault.kind === 'no-capacity') expect(zones).not.toContain(fault.zone);
  const tokens = site.ec2.requests
    .filter(({ action }) => action === 'CreateFleet')
    .map(({ params }) => params.ClientToken);
  expect(new Set(tokens).size).toBe(1);
});

test('a quota that EC2 only tells of at the launch is named, and nothing is left', async () => {
  const site = await openSite({ section });
  site.ec2.faults.add({ action: 'CreateFleet', kind: 'error', code: 'VcpuLimitExceeded' });
  await expect(site.executor().run(['true'])).rejects.toMatchObject({
    code: 'QUOTA',
    message: expect.stringContaining('L-1216C47A'),
  });
  expect(site.ec2.instances()).toEqual([]);
});

test('a machine that ends while it boots is told', async () => {
  const site = await openSite({ section });
  site.ec2.faults.add({ action: 'CreateFleet', kind: 'boot-fails' });
  await expect(site.executor().run(['true'])).rejects.toMatchObject({ code: 'NO_CAPACITY' });
  await allGone(site);
});

test.for([
  ['ssh never opens', { ssh: 'closed' }, 'SSH_FAILED'],
  ['ssh never greets', { ssh: 'silent' }, 'SSH_FAILED'],
  ['ssh shows another key', { ownHostKey: true }, 'HOST_KEY'],
] as const)('a machine whose %s is ended, and the job fails', async ([, faults, code]) => {
  const site = await openSite({ section: { ...section, bootWithin: '3s' }, plan: () => faults });
  await expect(site.executor().run(['true'])).rejects.toMatchObject({ code });
  expect(site.alive()).toEqual([]);
  expect(site.ec2.instances()).toHaveLength(1);
});

test.runIf(canNetwork).for([
  ['slow', { delayMs: 2_500 }],
  ['two hours ahead', { clockOffsetMs: 7_200_000 }],
] as const)('a job runs on a machine that is %s', async ([, faults]) => {
  await expectOneMachine(await openSite({ section, plan: () => faults }));
});
