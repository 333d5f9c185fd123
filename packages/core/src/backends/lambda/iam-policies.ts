import type { LambdaSettings } from './lambda-settings.js';

interface LambdaStatement {
  readonly Sid?: string;
  readonly Effect: 'Allow';
  readonly Action: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly Principal?: Readonly<Record<string, string>>;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

export interface LambdaPolicy {
  readonly Version: '2012-10-17';
  readonly Statement: readonly LambdaStatement[];
}

export interface LambdaPolicies {
  /** Of the user or role that runs Megalith. */
  readonly client: LambdaPolicy;
  /** Of the role that functions have: who may have it, and what it may. */
  readonly role: { readonly trust: LambdaPolicy; readonly permissions: LambdaPolicy };
}

/**
 * The least that functions need of an account: they are known by their names, as a policy that asks for tags would not tell a function that is not
 * there from one that may not be seen. The account is that of the role.
 */
export function lambdaPolicies({ region, role }: Pick<LambdaSettings, 'region' | 'role'>): LambdaPolicies {
  const [, partition = 'aws', , , account = '*'] = role.split(':');
  const functions = `arn:${partition}:lambda:${region}:${account}:function:megalith-*`;
  const logs = `arn:${partition}:logs:${region}:${account}:log-group:/aws/lambda/megalith-*`;
  const inRegion = { StringEquals: { 'aws:RequestedRegion': region } };
  return {
    client: policy(
      {
        Sid: 'UseOwnFunctions',
        Effect: 'Allow',
        Action: [
          'InvokeFunction',
          'GetFunction',
          'CreateFunction',
          'DeleteFunction',
          'TagResource',
          // Without it AWS leaves the tags out of what `GetFunction` gives, and nothing is known to be ours.
          'ListTags',
        ].map(action => `lambda:${action}`),
        Resource: functions,
      },
      {
        Sid: 'Look',
        Effect: 'Allow',
        Action: ['lambda:ListFunctions', 'lambda:GetAccountSettings'],
        Resource: '*',
        Condition: inRegion,
      },
      {
        Sid: 'LendRole',
        Effect: 'Allow',
        Action: 'iam:PassRole',
        Resource: role,
        Condition: { StringEquals: { 'iam:PassedToService': 'lambda.amazonaws.com' } },
      },
    ),
    role: {
      trust: policy({
        Effect: 'Allow',
        Principal: { Service: 'lambda.amazonaws.com' },
        Action: 'sts:AssumeRole',
      }),
      permissions: policy({
        Sid: 'WriteLogs',
        Effect: 'Allow',
        Action: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: [logs, `${logs}:log-stream:*`],
      }),
    },
  };
}

function policy(...Statement: readonly LambdaStatement[]): LambdaPolicy {
  return { Version: '2012-10-17', Statement };
}
