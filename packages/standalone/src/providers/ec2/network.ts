import { MegalithError } from '@megalith/agent';
import type { CidrBlock } from './cidr-block.js';
import type { Ec2Api } from './ec2-client.js';
import type { Ec2Settings } from './ec2-settings.js';
import { admittedBlock } from './own-address.js';
import { ensureSecurityGroup, type SecurityGroupApi, type SecurityGroupOptions } from './security-group.js';
import { findSubnets, type MachineSubnet } from './subnets.js';

export type NetworkApi = SecurityGroupApi & Pick<Ec2Api, 'subnets'>;

export type NetworkSettings = Pick<
  Ec2Settings,
  'region' | 'owner' | 'subnets' | 'securityGroup' | 'admit' | 'address' | 'jump'
>;

/** Where machines are attached. */
export interface MachineNetwork {
  readonly vpc: string;
  /** At least one, all of one VPC. */
  readonly subnets: readonly MachineSubnet[];
  readonly securityGroup: string;
  /** For people: more may connect than this client. */
  readonly warnings: readonly string[];
}

export interface NetworkOptions extends SecurityGroupOptions {
  /** What tells this client from the owner's others: `user@computer`, and its home. */
  readonly client: string;
  /** Who says where this client comes from. @defaultValue AWS's own service */
  readonly ownAddress?: (signal?: AbortSignal) => Promise<CidrBlock>;
}

/**
 * Subnets and security group for machines: those that the config names, else the default VPC's, and a group of ours that admits SSH from this client
 * only.
 * @throws MegalithError NOT_CONFIGURED, CONFIG, NO_CAPACITY, CLOUD_FAILED, CANCELLED; those of the calls
 */
export async function resolveNetwork(
  api: NetworkApi,
  settings: NetworkSettings,
  options: NetworkOptions,
): Promise<MachineNetwork> {
  const { region, owner, securityGroup } = settings;
  const call = options.signal === undefined ? {} : { signal: options.signal };
  if (securityGroup !== undefined) {
    const subnets = await findSubnets(api, region, settings.subnets, call);
    const vpc = subnets[0]!.vpc;
    return { vpc, subnets, securityGroup: await checkGroup(api, region, securityGroup, vpc, call), warnings: [] };
  }
  checkAdmit(settings);
  const [subnets, admit] = await Promise.all([
    findSubnets(api, region, settings.subnets, call),
    admitFor(settings.admit, options),
  ]);
  const vpc = subnets[0]!.vpc;
  const group = await ensureSecurityGroup(api, { vpc, owner, client: options.client, admit }, options);
  return { vpc, subnets, securityGroup: group.id, warnings: group.warnings };
}

/** The address that AWS sees is not the one that a machine sees, where the way to it is a private one or begins elsewhere. */
function checkAdmit({ admit, address, jump }: NetworkSettings): void {
  if (admit !== undefined || (address === 'public' && jump === undefined)) return;
  const way = jump === undefined ? 'by their private addresses' : `through "${jump}"`;
  throw new MegalithError('NOT_CONFIGURED', `machines are reached ${way}, and nothing says from where that is`, {
    hint: 'set `admit` in the section `ec2` of the config to the addresses that machines see, or set `securityGroup`',
    details: { address, ...(jump !== undefined && { jump }) },
  });
}

async function admitFor(admit: string | undefined, { ownAddress, signal }: NetworkOptions): Promise<CidrBlock> {
  if (admit === undefined && ownAddress !== undefined) return narrow(await ownAddress(signal));
  const block = await admittedBlock(admit, signal === undefined ? {} : { signal });
  return admit === undefined ? narrow(block) : block;
}

/** Nobody but the config may open machines to everybody. */
function narrow(block: CidrBlock): CidrBlock {
  if (!block.isEverywhere) return block;
  throw new MegalithError('CLOUD_FAILED', 'the address that this computer is seen with was told as "everywhere"', {
    hint: 'set `admit` in the section `ec2` of the config',
  });
}

async function checkGroup(
  api: NetworkApi,
  region: string,
  id: string,
  vpc: string,
  call: { readonly signal?: AbortSignal },
): Promise<string> {
  for await (const group of api.securityGroups([{ Name: 'group-id', Values: [id] }], call)) {
    if (group.VpcId === vpc) return id;
    throw new MegalithError('CONFIG', `the security group "${id}" belongs to ${group.VpcId}, the subnets to ${vpc}`, {
      hint: 'name `securityGroup` and `subnets` of one VPC in the section `ec2` of the config',
      details: { id, vpc, groupVpc: group.VpcId },
    });
  }
  throw new MegalithError('NOT_CONFIGURED', `there is no security group "${id}" in ${region}`, {
    hint: 'see `aws ec2 describe-security-groups`; set `securityGroup` and `region` in the section `ec2` of the config',
    details: { id, region },
  });
}
