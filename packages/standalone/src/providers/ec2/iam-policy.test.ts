import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { iamPolicy, type PolicyStatement } from './iam-policy.js';

const settings = {
  region: 'eu-central-1',
  image: '/aws/service/ami-amazon-linux-latest/al2023-{arch}',
  markets: ['on-demand'],
  whenIdle: 'terminate',
} as const;

function statement(of: Parameters<typeof iamPolicy>[0], sid: string, account?: string): PolicyStatement | undefined {
  return iamPolicy(of, account).Statement.find(({ Sid }) => Sid === sid);
}

/** Every action with the statements that allow it. */
function byAction(of: Parameters<typeof iamPolicy>[0]): Map<string, PolicyStatement[]> {
  const found = new Map<string, PolicyStatement[]>();
  for (const one of iamPolicy(of).Statement) {
    for (const action of one.Action) found.set(action, [...(found.get(action) ?? []), one]);
  }
  return found;
}

const everything = {
  ...settings,
  markets: ['on-demand', 'spot'],
  instanceProfile: 'worker',
  whenIdle: 'auto',
} as const;

it('permits every call that is made', () => {
  const source = readFileSync(new URL('./ec2-client.ts', import.meta.url), 'utf8');
  const called = [...source.matchAll(/(?:ask|pages)\(\s*'(\w+)'/g)].map(([, name]) => `ec2:${name}`);
  expect(called.length).toBeGreaterThan(20);
  expect(called.filter(name => !byAction(everything).has(name))).toEqual([]);
});

it('permits nothing that makes machines without our tag', () => {
  for (const action of ['ec2:RunInstances', 'ec2:CreateFleet', 'ec2:CreateLaunchTemplate', 'ec2:ImportKeyPair']) {
    for (const { Resource, Condition } of byAction(everything).get(action) ?? []) {
      const kinds = [Resource].flat().map(arn => arn.split(':').at(-1)?.split('/')[0]);
      const asked = JSON.stringify(Condition ?? {});
      if (kinds.some(kind => ['instance', 'volume', 'fleet', 'network-interface', 'key-pair'].includes(kind ?? ''))) {
        expect(asked.includes('"aws:RequestTag/megalith":"1"') || kinds.includes('subnet')).toBe(true);
        expect(kinds.includes('subnet') && kinds.includes('instance')).toBe(false);
      }
    }
  }
  expect(statement(settings, 'LaunchOnlyTagged')).toEqual({
    Sid: 'LaunchOnlyTagged',
    Effect: 'Allow',
    Action: ['ec2:RunInstances', 'ec2:CreateFleet', 'ec2:CreateLaunchTemplate'],
    Resource: ['instance', 'volume', 'network-interface', 'spot-instances-request', 'fleet', 'launch-template'].map(
      kind => `arn:aws:ec2:eu-central-1:*:${kind}/*`,
    ),
    Condition: { StringEquals: { 'aws:RequestTag/megalith': '1' } },
  });
});

it('permits nothing that ends or changes what lacks our tag', () => {
  const ends = /^ec2:(Start|Stop|Terminate|Modify|Delete|Authorize|Revoke)/;
  for (const [action, statements] of byAction(everything)) {
    if (!ends.test(action)) continue;
    for (const { Condition } of statements) {
      expect([action, Condition?.StringEquals]).toEqual([action, { 'aws:ResourceTag/megalith': '1' }]);
    }
  }
});

it('permits tags only in the call that makes something, but for two on what is ours', () => {
  const [made, later, ...others] = byAction(everything).get('ec2:CreateTags') ?? [];
  expect(others).toEqual([]);
  expect(Object.keys(made?.Condition?.StringEquals ?? {})).toEqual(['aws:RequestTag/megalith', 'ec2:CreateAction']);
  expect(later?.Condition).toEqual({
    StringEquals: { 'aws:ResourceTag/megalith': '1' },
    'ForAllValues:StringEquals': { 'aws:TagKeys': ['megalith:keep', 'megalith:host-key'] },
    Null: { 'aws:TagKeys': 'false' },
  });
});

it('gives `*` to what only looks, in the region, and to nothing else of EC2', () => {
  for (const { Action, Resource, Condition } of iamPolicy(everything).Statement) {
    if (Resource !== '*' || !Action.some(action => action.startsWith('ec2:'))) continue;
    expect(Action.every(action => action.startsWith('ec2:Describe'))).toBe(true);
    expect(Condition).toEqual({ StringEquals: { 'aws:RequestedRegion': 'eu-central-1' } });
  }
  expect(JSON.stringify(iamPolicy(everything))).not.toMatch(/"[a-z0-9]+:\*"/);
});

it('asks only for what the settings need', () => {
  const ids = (of: Parameters<typeof iamPolicy>[0]) => iamPolicy(of).Statement.map(({ Sid }) => Sid);
  expect(ids(settings)).toEqual(expect.arrayContaining(['MakeDoor', 'MindDoor', 'FindImage']));
  for (const sid of ['LendRole', 'StopWhenIdle']) expect(ids(settings)).not.toContain(sid);
  expect(statement({ ...settings, whenIdle: 'stop' }, 'StopWhenIdle')).toMatchObject({
    Action: ['ec2:ModifyInstanceAttribute'],
    Condition: { StringEqualsIgnoreCase: { 'ec2:Attribute': 'InstanceInitiatedShutdownBehavior' } },
  });
  const fixed = { ...settings, image: 'ami-1', securityGroup: 'sg-1' };
  for (const sid of ['MakeDoor', 'MakeDoorIn', 'MindDoor', 'FindImage', 'LendRole', 'FirstSpotMachine']) {
    expect(ids(fixed)).not.toContain(sid);
  }
  expect(statement(everything, 'LendRole', '123456789012')?.Resource).toBe('arn:aws:iam::123456789012:role/worker');
});

it('names images’ parameters, of AWS’s and of the account’s own', () => {
  expect(statement(settings, 'FindImage')?.Resource).toBe(
    'arn:aws:ssm:eu-central-1::parameter/aws/service/ami-amazon-linux-latest/al2023-*',
  );
  const own = { ...settings, image: 'ours/image', region: 'cn-north-1' };
  expect(statement(own, 'FindImage', '123456789012')?.Resource).toBe(
    'arn:aws-cn:ssm:cn-north-1:123456789012:parameter/ours/image',
  );
});
