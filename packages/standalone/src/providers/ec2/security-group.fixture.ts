import type { IpPermission, SecurityGroup } from '@aws-sdk/client-ec2';
import { awsRefusal } from './aws-error.fixture.js';
import type { SecurityGroupApi } from './security-group.js';

export interface FakeGroups {
  readonly api: SecurityGroupApi;
  readonly groups: SecurityGroup[];
  /** Calls that change something, in order. */
  readonly changes: string[];
  /** SSH rules of the first group: block and description. */
  rules(): Readonly<Record<string, string>>;
  /** Runs once before the next call of that name: another client's doing. */
  before(name: string, act: () => void): void;
  put(block: string, description: string): void;
}

/** Security groups as EC2 keeps them, for rules on TCP 22. @param blindLooks so many looks see nothing */
export function fakeGroups(blindLooks = 0): FakeGroups {
  const groups: SecurityGroup[] = [];
  const changes: string[] = [];
  const acts = new Map<string, () => void>();
  let left = blindLooks;
  const enter = (name: string): void => {
    const act = acts.get(name);
    acts.delete(name);
    act?.();
  };
  const groupOf = (call: string, id: string | undefined): SecurityGroup => {
    const group = groups.find(each => each.GroupId === id);
    if (group === undefined) throw awsRefusal(call, 'InvalidGroup.NotFound');
    return group;
  };
  const ranges = (group: SecurityGroup) => group.IpPermissions?.flatMap(each => each.IpRanges ?? []) ?? [];
  const indexIn = (group: SecurityGroup, [wanted]: readonly IpPermission[] = []): number =>
    ranges(group).findIndex(range => range.CidrIp === wanted?.IpRanges?.[0]?.CidrIp);
  const api: SecurityGroupApi = {
    async *securityGroups(filters) {
      enter('look');
      if (left-- > 0) return;
      const value = { 'vpc-id': 'VpcId', 'group-name': 'GroupName', 'group-id': 'GroupId' } as const;
      yield* structuredClone(
        groups.filter(group =>
          filters.every(({ Name, Values }) => Values!.includes(group[value[Name as keyof typeof value]]!)),
        ),
      );
    },
    async createSecurityGroup({ GroupName, VpcId, TagSpecifications }) {
      enter('create');
      changes.push(`create ${VpcId}`);
      if (groups.some(each => each.GroupName === GroupName && each.VpcId === VpcId)) {
        throw awsRefusal('CreateSecurityGroup', 'InvalidGroup.Duplicate');
      }
      const GroupId = `sg-${groups.length + 1}`;
      groups.push({ GroupId, GroupName, VpcId, Tags: TagSpecifications![0]!.Tags, IpPermissions: [] });
      return GroupId;
    },
    async authorizeIngress({ GroupId, IpPermissions }) {
      enter('authorize');
      const group = groupOf('AuthorizeSecurityGroupIngress', GroupId);
      changes.push(`authorize ${IpPermissions![0]!.IpRanges![0]!.CidrIp}`);
      if (indexIn(group, IpPermissions) >= 0) {
        throw awsRefusal('AuthorizeSecurityGroupIngress', 'InvalidPermission.Duplicate');
      }
      group.IpPermissions!.push(structuredClone(IpPermissions![0]!));
    },
    async describeIngress({ GroupId, IpPermissions }) {
      enter('describe');
      const group = groupOf('UpdateSecurityGroupRuleDescriptionsIngress', GroupId);
      changes.push(`describe ${IpPermissions![0]!.IpRanges![0]!.CidrIp}`);
      const index = indexIn(group, IpPermissions);
      if (index < 0) throw awsRefusal('UpdateSecurityGroupRuleDescriptionsIngress', 'InvalidPermission.NotFound');
      group.IpPermissions![index] = structuredClone(IpPermissions![0]!);
    },
    async revokeIngress({ GroupId, IpPermissions }) {
      enter('revoke');
      const group = groupOf('RevokeSecurityGroupIngress', GroupId);
      changes.push(`revoke ${IpPermissions![0]!.IpRanges![0]!.CidrIp}`);
      const index = indexIn(group, IpPermissions);
      if (index < 0) throw awsRefusal('RevokeSecurityGroupIngress', 'InvalidPermission.NotFound');
      group.IpPermissions!.splice(index, 1);
    },
  };
  return {
    api,
    groups,
    changes,
    rules: () => Object.fromEntries(ranges(groups[0]!).map(range => [range.CidrIp!, range.Description ?? ''])),
    before: (name, act) => void acts.set(name, act),
    put: (CidrIp, Description) => {
      groups[0]!.IpPermissions!.push({
        IpProtocol: 'tcp',
        FromPort: 22,
        ToPort: 22,
        IpRanges: [{ CidrIp, Description }],
      });
    },
  };
}
