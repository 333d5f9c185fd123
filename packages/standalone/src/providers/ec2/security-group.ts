import { createHash } from 'node:crypto';
import type { SecurityGroup } from '@aws-sdk/client-ec2';
import { MegalithError } from '@megalith/agent';
import type { CidrBlock } from './cidr-block.js';
import { detailsOf } from './cloud-error.js';
import { companionName, companionTags, readCompanionTags } from './companion-tags.js';
import type { Ec2Api } from './ec2-client.js';
import { type IngressPlan, ingressRules, planIngress, sshOnly, sshPermission } from './ingress-plan.js';
import { type UntilThereOptions, untilThere } from './until-there.js';

export type SecurityGroupApi = Pick<
  Ec2Api,
  'securityGroups' | 'createSecurityGroup' | 'authorizeIngress' | 'revokeIngress' | 'describeIngress'
>;

export interface SecurityGroupRequest {
  readonly vpc: string;
  readonly owner: string;
  /** What tells this client from the owner's others, for as long as it has the same home: its rules are kept apart by a digest of it. */
  readonly client: string;
  readonly admit: CidrBlock;
}

export interface SecurityGroupOptions {
  readonly signal?: AbortSignal;
  /** How to wait until EC2 shows what was made. */
  readonly wait?: Omit<UntilThereOptions, 'signal'>;
  /** Epoch milliseconds. @defaultValue `Date.now` */
  readonly now?: () => number;
}

export interface AdmittingGroup {
  readonly id: string;
  /** For people: the group lets in more than this client's addresses. */
  readonly warnings: readonly string[];
}

/**
 * The security group of an owner in a VPC, made where it is missing. It admits TCP 22 from `admit`. Where this client came from elsewhere before, that
 * rule goes, unless another client of the owner wants it. Processes that do so at once end up with the same group.
 * @throws MegalithError CLOUD_FAILED where there is a group of that name that is not ours; those of the calls
 */
export async function ensureSecurityGroup(
  api: SecurityGroupApi,
  request: SecurityGroupRequest,
  options: SecurityGroupOptions = {},
): Promise<AdmittingGroup> {
  const client = createHash('sha256').update(request.client).digest('hex').slice(0, 12);
  const id = await ensureGroup(api, request, options);
  const admitting = await untilThere(async () => {
    const group = await findGroup(api, request, options);
    if (group?.GroupId === undefined) return undefined;
    const plan = planIngress(ingressRules(group), client, request.admit);
    try {
      await carryOut(api, group.GroupId, request.admit, plan, options);
    } catch (error) {
      if (detailsOf(error)?.awsCode !== 'InvalidPermission.Duplicate') throw error;
      // Another client or process has made the rule since we looked: what is to be done now is another question.
      return undefined;
    }
    return { id: group.GroupId, warnings: warningsFor(group, request.admit, plan) };
  }, waiting(options));
  if (admitting === undefined) throw notShown(id);
  return admitting;
}

async function ensureGroup(
  api: SecurityGroupApi,
  request: SecurityGroupRequest,
  options: SecurityGroupOptions,
): Promise<string> {
  const found = await findGroup(api, request, options);
  if (found?.GroupId !== undefined) return found.GroupId;
  const name = nameFor(request.owner);
  try {
    return await api.createSecurityGroup(
      {
        GroupName: name,
        Description: 'SSH from the clients of Megalith; made by it',
        VpcId: request.vpc,
        TagSpecifications: [
          { ResourceType: 'security-group', Tags: companionTags(request.owner, (options.now ?? Date.now)()) },
        ],
      },
      callOf(options),
    );
  } catch (error) {
    if (detailsOf(error)?.awsCode !== 'InvalidGroup.Duplicate') throw error;
    const made = await untilThere(() => findGroup(api, request, options), waiting(options));
    if (made?.GroupId === undefined) throw error;
    return made.GroupId;
  }
}

/** @throws MegalithError CLOUD_FAILED for a group of our name that is not ours: who knows what it admits */
async function findGroup(
  api: SecurityGroupApi,
  { vpc, owner }: SecurityGroupRequest,
  options: SecurityGroupOptions,
): Promise<SecurityGroup | undefined> {
  const name = nameFor(owner);
  const filters = [
    { Name: 'vpc-id', Values: [vpc] },
    { Name: 'group-name', Values: [name] },
  ];
  for await (const group of api.securityGroups(filters, callOf(options))) {
    if (readCompanionTags(group.Tags)?.owner === owner) return group;
    throw new MegalithError('CLOUD_FAILED', `the security group "${name}" (${group.GroupId}) is not tagged as ours`, {
      hint: 'remove or rename it, or set `securityGroup` in the section `ec2` of the config',
      details: { name, id: group.GroupId, vpc },
    });
  }
  return undefined;
}

async function carryOut(
  api: SecurityGroupApi,
  GroupId: string,
  admit: CidrBlock,
  { put, revoke, describe }: IngressPlan,
  options: SecurityGroupOptions,
): Promise<void> {
  const call = callOf(options);
  if (put !== undefined) {
    const input = { GroupId, IpPermissions: [sshPermission(admit.text, put.clients)] };
    await (put.isNew ? api.authorizeIngress(input, call) : api.describeIngress(input, call));
  }
  for (const { from, clients } of describe) {
    await api.describeIngress({ GroupId, IpPermissions: [sshPermission(from, clients)] }, call);
  }
  for (const { from } of revoke) {
    await api.revokeIngress({ GroupId, IpPermissions: [withoutDescription(from)] }, call);
  }
}

function withoutDescription(block: string) {
  const { IpRanges, Ipv6Ranges, ...permission } = sshPermission(block, []);
  return {
    ...permission,
    ...(IpRanges && { IpRanges: [{ CidrIp: block }] }),
    ...(Ipv6Ranges && { Ipv6Ranges: [{ CidrIpv6: block }] }),
  };
}

function warningsFor(group: SecurityGroup, admit: CidrBlock, { foreign }: IngressPlan): string[] {
  const name = `the security group "${group.GroupName}" (${group.GroupId})`;
  return [
    ...(admit.isEverywhere ? [everywhereWarning(admit)] : []),
    ...foreign.map(
      ({ what, from }) =>
        `${name} also admits ${what === sshOnly ? 'SSH' : what} from ${from}, which Megalith did not ask for`,
    ),
  ];
}

/** For a block that the config gives: nobody gets there by default. */
function everywhereWarning(admit: CidrBlock): string {
  return `machines admit SSH from everywhere: the config says \`admit: ${admit.text}\``;
}

function notShown(id: string): MegalithError {
  return new MegalithError('CLOUD_FAILED', `EC2 does not yet show the security group ${id} or its rules`, {
    hint: 'try again',
    details: { id },
  });
}

function nameFor(owner: string): string {
  return companionName(owner, createHash('sha256').update(owner).digest('hex').slice(0, 12));
}

function callOf({ signal }: SecurityGroupOptions) {
  return signal === undefined ? {} : { signal };
}

function waiting(options: SecurityGroupOptions): UntilThereOptions {
  return { ...options.wait, ...callOf(options) };
}
