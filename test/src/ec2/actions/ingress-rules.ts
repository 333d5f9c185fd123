import type { Account } from '../state/account.js';
import { newId } from '../state/ids.js';
import type { IngressRule } from '../state/network.js';
import { ApiError } from '../wire/api-error.js';
import { branches, type Params, text, whole } from '../wire/params.js';
import type { XmlTree } from '../wire/xml.js';

/** Rules as `IpPermissions.1…`, or `IpProtocol`, `FromPort`, `ToPort`, `CidrIp` say them. @throws ApiError */
export function readRules(params: Params): IngressRule[] {
  const permissions = branches(params, 'IpPermissions');
  const flat = text(params, 'CidrIp');
  if (permissions.length === 0 && flat !== undefined) return [ruleOf(params, { cidr: checkedCidr(flat) }, undefined)];
  const rules = permissions.flatMap(permission => [
    ...branches(permission, 'IpRanges').map(range =>
      ruleOf(permission, { cidr: checkedCidr(text(range, 'CidrIp')) }, text(range, 'Description')),
    ),
    ...branches(permission, 'Ipv6Ranges').map(range =>
      ruleOf(permission, { cidr6: text(range, 'CidrIpv6') ?? '' }, text(range, 'Description')),
    ),
    ...branches(permission, 'Groups').map(pair =>
      ruleOf(permission, { groupId: text(pair, 'GroupId') ?? '' }, text(pair, 'Description')),
    ),
  ]);
  if (rules.length === 0)
    throw new ApiError('MissingParameter', "Either 'ipPermissions' or 'securityGroupRuleIds' should be provided.");
  return rules;
}

function ruleOf(permission: Params, source: IngressRule['source'], description: string | undefined): IngressRule {
  return {
    id: newId('sgr'),
    protocol: text(permission, 'IpProtocol') ?? '-1',
    fromPort: whole(permission, 'FromPort'),
    toPort: whole(permission, 'ToPort'),
    source,
    description,
  };
}

function checkedCidr(cidr: string | undefined): string {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(cidr ?? '');
  const isRight = parts?.slice(1, 5).every(part => Number(part) < 256) && Number(parts[5]) <= 32;
  if (!isRight) throw new ApiError('InvalidParameterValue', `CIDR block ${cidr} is malformed`);
  return cidr!;
}

export function sameRule(one: IngressRule, other: IngressRule): boolean {
  return (
    one.protocol === other.protocol &&
    one.fromPort === other.fromPort &&
    one.toPort === other.toPort &&
    JSON.stringify(one.source) === JSON.stringify(other.source)
  );
}

/** As SecurityGroupRules are written. */
export function ruleXml(account: Account, groupId: string, rule: IngressRule): XmlTree {
  const { source } = rule;
  return {
    securityGroupRuleId: rule.id,
    groupId,
    groupOwnerId: account.id,
    isEgress: false,
    ipProtocol: rule.protocol,
    fromPort: rule.fromPort,
    toPort: rule.toPort,
    cidrIpv4: 'cidr' in source ? source.cidr : undefined,
    cidrIpv6: 'cidr6' in source ? source.cidr6 : undefined,
    referencedGroupInfo: 'groupId' in source ? { groupId: source.groupId } : undefined,
    description: rule.description,
  };
}

/** As IpPermissions are written: one for each range of ports, with all its sources. */
export function groupPermissions(account: Account, rules: readonly IngressRule[]): XmlTree[] {
  const byPorts = new Map<string, IngressRule[]>();
  for (const rule of rules) {
    const ports = `${rule.protocol} ${rule.fromPort} ${rule.toPort}`;
    byPorts.set(ports, [...(byPorts.get(ports) ?? []), rule]);
  }
  return [...byPorts.values()].map(together => ({
    ipProtocol: together[0]!.protocol,
    fromPort: together[0]!.fromPort,
    toPort: together[0]!.toPort,
    ipRanges: together.flatMap(({ source, description }) =>
      'cidr' in source ? [{ cidrIp: source.cidr, description }] : [],
    ),
    ipv6Ranges: together.flatMap(({ source, description }) =>
      'cidr6' in source ? [{ cidrIpv6: source.cidr6, description }] : [],
    ),
    groups: together.flatMap(({ source, description }) =>
      'groupId' in source ? [{ groupId: source.groupId, userId: account.id, description }] : [],
    ),
  }));
}
