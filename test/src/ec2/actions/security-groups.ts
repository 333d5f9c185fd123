import type { Account } from '../state/account.js';
import { newId } from '../state/ids.js';
import type { IngressRule, SecurityGroup } from '../state/network.js';
import { readTagSpecifications, tagSet } from '../state/tags.js';
import { ApiError } from '../wire/api-error.js';
import { type Params, required, text, texts } from '../wire/params.js';
import type { Action } from './call.js';
import { filtered } from './filters.js';
import { groupPermissions, readRules, ruleXml, sameRule } from './ingress-rules.js';
import { page } from './page.js';

export const createSecurityGroup: Action = ({ account, params, faults }) => {
  const name = required(params, 'GroupName');
  const description = required(params, 'GroupDescription');
  const vpc = text(params, 'VpcId') ?? account.vpcId;
  if (vpc !== account.vpcId) throw new ApiError('InvalidVpcID.NotFound', `The vpc ID '${vpc}' does not exist`);
  if ([...account.groups.values()].some(group => group.name === name))
    throw new ApiError('InvalidGroup.Duplicate', `The security group '${name}' already exists for VPC '${vpc}'`);
  const asked = readTagSpecifications(params, ['security-group']).get('security-group') ?? new Map();
  const tags = faults.take('tags-lost') === undefined ? asked : new Map();
  const group: SecurityGroup = { id: newId('sg'), name, description, isDefault: false, tags, rules: [] };
  account.groups.set(group.id, group);
  return { return: true, groupId: group.id, tagSet: tagSet(tags) };
};

export const describeSecurityGroups: Action = call => {
  const { account, params } = call;
  const ids = texts(params, 'GroupId');
  const names = texts(params, 'GroupName');
  const named = [
    ...ids.map(id => groupOf(account, { GroupId: id })),
    ...names.map(name => groupOf(account, { GroupName: name })),
  ];
  const fitting = filtered(
    call,
    ids.length + names.length > 0 ? named : [...account.groups.values()],
    {
      'group-id': ({ id }) => id,
      'group-name': ({ name }) => name,
      'vpc-id': () => account.vpcId,
      description: ({ description }) => description,
      'ip-permission.cidr': ({ rules }) => rules.map(({ source }) => ('cidr' in source ? source.cidr : undefined)),
    },
    ({ tags }) => tags,
  );
  const { items, nextToken } = page(call, fitting);
  return {
    securityGroupInfo: items.map(group => ({
      groupId: group.id,
      groupName: group.name,
      groupDescription: group.description,
      ownerId: account.id,
      vpcId: account.vpcId,
      ipPermissions: groupPermissions(account, group.rules),
      ipPermissionsEgress: [{ ipProtocol: '-1', ipRanges: [{ cidrIp: '0.0.0.0/0' }] }],
      tagSet: tagSet(group.tags),
    })),
    nextToken,
  };
};

export const deleteSecurityGroup: Action = ({ account, params }) => {
  const group = groupOf(account, params);
  if (group.isDefault)
    throw new ApiError(
      'CannotDelete',
      `the specified group: "${group.id}" name: "default" cannot be deleted by a user`,
    );
  const isUsed =
    [...account.instances.values()].some(
      ({ state, spec }) => state !== 'terminated' && spec.groupIds.includes(group.id),
    ) ||
    [...account.groups.values()].some(
      other => other !== group && other.rules.some(({ source }) => 'groupId' in source && source.groupId === group.id),
    );
  if (isUsed) throw new ApiError('DependencyViolation', `resource ${group.id} has a dependent object`);
  account.groups.delete(group.id);
  return { return: true, groupId: group.id };
};

export const authorizeSecurityGroupIngress: Action = ({ account, params }) => {
  const group = groupOf(account, params);
  const rules = readRules(params);
  for (const rule of rules) {
    if (group.rules.some(other => sameRule(rule, other)))
      throw new ApiError('InvalidPermission.Duplicate', `the specified rule "${shown(rule)}" already exists`);
  }
  group.rules = [...group.rules, ...rules];
  return { return: true, securityGroupRuleSet: rules.map(rule => ruleXml(account, group.id, rule)) };
};

export const revokeSecurityGroupIngress: Action = ({ account, params }) => {
  const group = groupOf(account, params);
  const ids = texts(params, 'SecurityGroupRuleId');
  const asked = ids.length > 0 ? [] : readRules(params);
  const isGone = (rule: IngressRule) => ids.includes(rule.id) || asked.some(other => sameRule(rule, other));
  const gone = group.rules.filter(isGone);
  if (gone.length < ids.length + asked.length)
    throw new ApiError('InvalidPermission.NotFound', 'The specified rule does not exist in this security group.');
  group.rules = group.rules.filter(rule => !isGone(rule));
  return {
    return: true,
    revokedSecurityGroupRuleSet: gone.map(rule => ({ securityGroupRuleId: rule.id, groupId: group.id })),
  };
};

function groupOf(account: Account, params: Params): SecurityGroup {
  const id = text(params, 'GroupId');
  const name = text(params, 'GroupName');
  if (id === undefined && name === undefined)
    throw new ApiError('MissingParameter', 'The request must contain the parameter groupName or groupId');
  const found =
    id !== undefined ? account.groups.get(id) : [...account.groups.values()].find(group => group.name === name);
  if (found === undefined)
    throw new ApiError('InvalidGroup.NotFound', `The security group '${id ?? name}' does not exist`);
  return found;
}

function shown({ protocol, fromPort, toPort, source }: IngressRule): string {
  const peer = Object.values(source)[0];
  return `peer: ${peer}, ${protocol.toUpperCase()}, from port: ${fromPort}, to port: ${toPort}, ALLOW`;
}
