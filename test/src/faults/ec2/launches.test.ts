import { DeleteKeyPairCommand, DeleteSecurityGroupCommand } from '@aws-sdk/client-ec2';
import { describe, expect, test } from 'vitest';
import type { Fault } from '../../ec2/faults.js';
import { bestInstanceHostKind, instanceHostsCan } from '../../ec2/hosts/start-instance-hosts.js';
import { testClients } from '../../ec2/test-clients.js';
import { allGone, openSite, type Site } from './open-site.js';

const canNetwork = instanceHostsCan(await bestInstanceHostKind(), 'network');

/** Types that are all of one quota. */
const standard = { types: ['m6i.*'] };

/** Runs a job to its end, for which one machine was made, that no sweep takes away. */
async function expectOneMachine(site: Site): Promise<void> {
  const executor = site.executor();
  expect(await executor.run(['true'])).toMatchObject({ exitCode: 0 });
  expect((await site.sweep()).deeds).toEqual([]);
  expect(site.ec2.instances()).toMatchObject([{ state: 'running' }]);
}

function tokensOf({ ec2 }: Site): Set<unknown> {
  const launches = ec2.requests.filter(({ action }) => action === 'CreateFleet');
  return new Set(launches.map(({ params }) => params.ClientToken));
}

const surmountable: readonly (readonly [string, Fault])[] = [
  ['lost tags', { action: 'CreateFleet', kind: 'tags-lost' }],
  ['a zone without capacity', { action: 'CreateFleet', kind: 'no-capacity', zone: 'us-east-1a' }],
  ['too many requests', { action: 'CreateFleet', kind: 'error', code: 'RequestLimitExceeded', times: 2 }],
  ['too many requests of any kind', { action: '*', kind: 'error', code: 'RequestLimitExceeded', times: 2 }],
  ['a server error', { action: 'CreateFleet', kind: 'error', code: 'InternalError', status: 500, times: 1 }],
  ['a machine that is unknown at first', { action: 'DescribeInstances', kind: 'not-found', times: 2 }],
  ['a machine that is not listed for a while', { action: 'CreateFleet', kind: 'unseen', ms: 1_500 }],
  ['a lost request', { action: 'CreateFleet', kind: 'request-lost', times: 1 }],
  ['a lost reply', { action: 'CreateFleet', kind: 'reply-lost', times: 1 }],
  ['a late reply', { action: 'CreateFleet', kind: 'reply-late', ms: 1_000, times: 1 }],
  ['a slow boot in the cloud', { action: 'CreateFleet', kind: 'slow-boot', ms: 2_000 }],
  ['a clock of the cloud that is ahead', { action: 'CreateFleet', kind: 'clock-skew', ms: 3_600_000 }],
];

describe.concurrent('a launch', () => {
  test.for(surmountable)('gives a job its one machine in spite of %s', async ([, fault], context) => {
    const site = await openSite({}, context);
    const handle = site.ec2.faults.add(fault);
    await expectOneMachine(site);
    expect(handle.hits).toBeGreaterThan(0);
    expect(tokensOf(site).size).toBe(1);
    if (fault.kind === 'no-capacity') expect(site.ec2.instances()[0]!.zone).not.toBe(fault.zone);
  });

  test('takes another type where there is none of the cheapest', async context => {
    const [plain, scarce] = await Promise.all([openSite({}, context), openSite({}, context)]);
    const family = (await plain.launch().then(id => plain.ec2.instance(id)!.type)).split('.')[0]!;
    scarce.ec2.faults.add({ action: 'CreateFleet', kind: 'no-capacity', type: `${family}.*` });
    await expectOneMachine(scarce);
    expect(scarce.ec2.instances()[0]!.type.split('.')[0]).not.toBe(family);
  });

  test('that finds capacity nowhere fails, says what it asked for, and leaves nothing', async context => {
    const site = await openSite({ section: { types: ['m6i.large'] } }, context);
    site.ec2.faults.add({ action: 'CreateFleet', kind: 'no-capacity' });
    await expect(site.executor().run(['true'])).rejects.toMatchObject({
      code: 'NO_CAPACITY',
      message: 'EC2 in us-east-1 has none of m6i.large now (InsufficientInstanceCapacity)',
      hint: expect.stringContaining('allow more types'),
    });
    expect(site.ec2.instances()).toEqual([]);
  });

  test('is not asked for where the quota has no room, and the quota is named', async context => {
    const site = await openSite({ section: standard, ec2: { quotas: { 'L-1216C47A': 1 } } }, context);
    const failed = expect(site.executor().run(['true'])).rejects;
    await failed.toMatchObject({ code: 'QUOTA', message: expect.stringContaining('L-1216C47A') });
    expect(site.calls('CreateFleet')).toBe(0);
  });

  test('fails by name of the quota that EC2 only tells of then, and leaves nothing', async context => {
    const site = await openSite({ section: standard }, context);
    site.ec2.faults.add({ action: 'CreateFleet', kind: 'error', code: 'VcpuLimitExceeded' });
    const failed = expect(site.executor().run(['true'])).rejects;
    await failed.toMatchObject({ code: 'QUOTA', message: expect.stringContaining('L-1216C47A') });
    expect(site.ec2.instances()).toEqual([]);
  });

  test('asks for a smaller machine where a quota has no room for all tasks at once', async context => {
    const site = await openSite({ section: standard, ec2: { quotas: { 'L-1216C47A': 3 } }, slots: undefined }, context);
    const values = [1, 2, 3, 4, 5, 6, 7, 8];
    expect(await site.executor().map((value: number) => value * 2, values, { cpus: 1 })).toEqual(
      values.map(value => value * 2),
    );
    expect(site.ec2.instances()).toHaveLength(1);
  });

  test.for(['InvalidKeyPair.NotFound', 'InvalidGroup.NotFound'])(
    'that EC2 refuses with %s is asked anew',
    async (code, context) => {
      const site = await openSite({}, context);
      const handle = site.ec2.faults.add({ action: 'CreateFleet', kind: 'error', code, times: 1 });
      await expectOneMachine(site);
      expect([handle.hits, tokensOf(site).size]).toEqual([1, 2]);
    },
  );

  test('works although somebody has deleted key pair and group since the last', async context => {
    const site = await openSite({ section: { idle: '1s' } }, context);
    const executor = site.executor();
    await executor.run(['true']);
    await allGone(site);
    const { keyPairs, securityGroups } = site.ec2.leftovers();
    const { ec2, close } = testClients(site.ec2.endpoint);
    await ec2.send(new DeleteKeyPairCommand({ KeyPairId: keyPairs[0] }));
    await ec2.send(new DeleteSecurityGroupCommand({ GroupId: securityGroups[0] }));
    close();
    expect(await executor.run(['true'])).toMatchObject({ exitCode: 0 });
    expect(site.ec2.instances()).toHaveLength(2);
  });

  test('whose machine ends while it boots says so', async context => {
    const site = await openSite({}, context);
    site.ec2.faults.add({ action: 'CreateFleet', kind: 'boot-fails' });
    await expect(site.executor().run(['true'])).rejects.toMatchObject({ code: 'NO_CAPACITY' });
    expect(site.alive()).toEqual([]);
  });

  test.for([
    ['ssh never opens', { ssh: 'closed' }, { code: 'SSH_FAILED', message: /could not be reached within .*port 22/ }],
    ['ssh never greets', { ssh: 'silent' }, { code: 'SSH_FAILED', message: /could not be reached within / }],
    ['ssh shows another key', { ownHostKey: true }, { code: 'HOST_KEY', message: /host key/ }],
  ] as const)('whose machine’s %s fails, and the machine is ended', async ([, faults, { code, message }], context) => {
    const site = await openSite({ section: { bootWithin: '4s' }, plan: () => faults }, context);
    const failed = expect(site.executor().run(['true'])).rejects;
    await failed.toMatchObject({ code, message: expect.stringMatching(message) });
    expect(site.alive()).toEqual([]);
    expect(site.calls('TerminateInstances')).toBe(1);
    expect(site.ec2.instances()).toHaveLength(1);
  });

  test.runIf(canNetwork).for([
    ['slow', { delayMs: 1_500 }],
    ['two hours ahead', { clockOffsetMs: 7_200_000 }],
  ] as const)('gives a machine that is %s, and a job runs there', async ([, faults], context) => {
    await expectOneMachine(await openSite({ plan: () => faults }, context));
  });
});
