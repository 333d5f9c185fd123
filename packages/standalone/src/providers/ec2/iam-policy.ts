import type { Ec2Settings } from './ec2-settings.js';
import { ourTag } from './tags.js';

export interface PolicyStatement {
  readonly Sid: string;
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

export interface PolicyDocument {
  readonly Version: '2012-10-17';
  readonly Statement: readonly PolicyStatement[];
}

/** What a launch makes, and must carry our tag from its first moment. */
const made = ['instance', 'volume', 'network-interface', 'spot-instances-request', 'fleet', 'launch-template'];
/** What a launch only takes. */
const taken = ['subnet', 'security-group', 'key-pair', 'capacity-reservation'];

/**
 * The least that Megalith needs of an account: it makes nothing without our tag, and touches nothing that lacks it. Megalith's own calls are in one
 * region, but for the price list, which is in one place for all.
 * @param accountId 12 digits; without, the policy holds in whatever account it is attached
 */
export function iamPolicy(
  settings: Pick<Ec2Settings, 'region' | 'securityGroup' | 'instanceProfile' | 'image' | 'markets' | 'whenIdle'>,
  accountId = '*',
): PolicyDocument {
  const { region } = settings;
  const partition = partitionOf(region);
  const arn = (kind: string, account = accountId) => `arn:${partition}:ec2:${region}:${account}:${kind}/*`;
  const makes = { StringEquals: { [`aws:RequestTag/${ourTag}`]: '1' } };
  const has = { StringEquals: { [`aws:ResourceTag/${ourTag}`]: '1' } };
  const allow = (Sid: string, Action: readonly string[], Resource: PolicyStatement['Resource'], Condition?: object) =>
    ({ Sid, Effect: 'Allow', Action, Resource, ...(Condition === undefined ? {} : { Condition }) }) as PolicyStatement;
  const statements: PolicyStatement[] = [
    allow(
      'Look',
      [
        'Images',
        'Instances',
        'InstanceStatus',
        'InstanceTypeOfferings',
        'InstanceTypes',
        'KeyPairs',
        'LaunchTemplates',
        'SecurityGroups',
        'SpotPriceHistory',
        'Subnets',
        'Volumes',
      ].map(what => `ec2:Describe${what}`),
      '*',
      { StringEquals: { 'aws:RequestedRegion': region } },
    ),
    allow(
      'LaunchOnlyTagged',
      ['ec2:RunInstances', 'ec2:CreateFleet', 'ec2:CreateLaunchTemplate'],
      made.map(kind => arn(kind)),
      makes,
    ),
    allow('LaunchFromTagged', ['ec2:RunInstances', 'ec2:CreateFleet'], arn('launch-template'), has),
    allow(
      'LaunchWith',
      ['ec2:RunInstances', 'ec2:CreateFleet'],
      [arn('image', ''), arn('snapshot', ''), ...taken.map(kind => arn(kind))],
    ),
    allow(
      'TagOnlyWhatIsMade',
      ['ec2:CreateTags'],
      [...made, 'key-pair', 'security-group'].map(kind => arn(kind)),
      {
        StringEquals: {
          [`aws:RequestTag/${ourTag}`]: '1',
          'ec2:CreateAction': [
            'RunInstances',
            'CreateFleet',
            'CreateLaunchTemplate',
            'CreateSecurityGroup',
            'ImportKeyPair',
          ],
        },
      },
    ),
    allow(
      'EndOnlyTagged',
      [
        'ec2:StartInstances',
        'ec2:StopInstances',
        'ec2:TerminateInstances',
        'ec2:DeleteVolume',
        'ec2:DeleteLaunchTemplate',
        'ec2:DeleteKeyPair',
      ],
      ['instance', 'volume', 'launch-template', 'key-pair'].map(kind => arn(kind)),
      has,
    ),
    ...(settings.whenIdle === 'terminate'
      ? []
      : [
          allow('StopWhenIdle', ['ec2:ModifyInstanceAttribute'], arn('instance'), {
            ...has,
            // The others of its attributes say what a machine runs. How the key's value is written, the documentation shows both ways.
            StringEqualsIgnoreCase: { 'ec2:Attribute': 'InstanceInitiatedShutdownBehavior' },
          }),
        ]),
    // Without TagKeys, DeleteTags would take all of them.
    allow('SetSomeTags', ['ec2:CreateTags', 'ec2:DeleteTags'], arn('instance'), {
      ...has,
      'ForAllValues:StringEquals': { 'aws:TagKeys': [`${ourTag}:keep`, `${ourTag}:host-key`] },
      Null: { 'aws:TagKeys': 'false' },
    }),
    allow('BringKey', ['ec2:ImportKeyPair'], arn('key-pair'), makes),
    ...(settings.securityGroup === undefined
      ? [
          allow('MakeDoor', ['ec2:CreateSecurityGroup'], arn('security-group'), makes),
          allow('MakeDoorIn', ['ec2:CreateSecurityGroup'], arn('vpc')),
          allow(
            'MindDoor',
            [
              'ec2:AuthorizeSecurityGroupIngress',
              'ec2:RevokeSecurityGroupIngress',
              'ec2:UpdateSecurityGroupRuleDescriptionsIngress',
              'ec2:DeleteSecurityGroup',
            ],
            arn('security-group'),
            has,
          ),
        ]
      : []),
    ...(settings.image.startsWith('ami-')
      ? []
      : [allow('FindImage', ['ssm:GetParameter'], parameterArn(settings.image, partition, region, accountId))]),
    ...(settings.instanceProfile === undefined
      ? []
      : [
          // The console gives a profile the name of its role; any other role would let machines do what their maker may not.
          allow('LendRole', ['iam:PassRole'], `arn:${partition}:iam::${accountId}:role/${settings.instanceProfile}`, {
            StringEquals: { 'iam:PassedToService': ['ec2.amazonaws.com', 'ec2.amazonaws.com.cn'] },
          }),
        ]),
    ...(settings.markets.includes('spot')
      ? [
          allow('FirstSpotMachine', ['iam:CreateServiceLinkedRole'], '*', {
            StringEquals: { 'iam:AWSServiceName': ['spot.amazonaws.com', 'ec2fleet.amazonaws.com'] },
          }),
        ]
      : []),
    allow('KnowQuotas', ['servicequotas:GetServiceQuota', 'servicequotas:GetAWSDefaultServiceQuota'], '*', {
      StringEquals: { 'aws:RequestedRegion': region },
    }),
    allow('KnowPrices', ['pricing:GetProducts'], '*'),
  ];
  return { Version: '2012-10-17', Statement: statements };
}

function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

/** AWS's own parameters belong to no account. */
function parameterArn(image: string, partition: string, region: string, accountId: string): string {
  const path = image.replaceAll('{arch}', '*');
  const account = path.startsWith('/aws/service/') ? '' : accountId;
  return `arn:${partition}:ssm:${region}:${account}:parameter/${path.replace(/^\//, '')}`;
}
