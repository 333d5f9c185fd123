import { MegalithError } from '@megalith/agent';
import type { CallOptions } from './call.js';
import type { Ec2Api } from './ec2-client.js';

/** A subnet that machines can be made in. */
export interface MachineSubnet {
  readonly id: string;
  readonly zone: string;
  readonly vpc: string;
  /** Addresses that nobody has. */
  readonly freeAddresses: number;
}

/**
 * The subnets for machines, the emptiest of each zone first: those that the config names, else the default VPC's.
 * @param named ids from the config
 * @throws MegalithError NOT_CONFIGURED where there is none, or one of those named is not there; CONFIG where they belong to several VPCs;
 * NO_CAPACITY where none has an address left; those of the call
 */
export async function findSubnets(
  api: Pick<Ec2Api, 'subnets'>,
  region: string,
  named: readonly string[] | undefined,
  options: CallOptions = {},
): Promise<readonly MachineSubnet[]> {
  // Only a default VPC has subnets that are the default of their zone.
  const filter =
    named === undefined
      ? { Name: 'default-for-az', Values: ['true'] }
      : { Name: 'subnet-id', Values: [...new Set(named)] };
  const found: MachineSubnet[] = [];
  for await (const subnet of api.subnets([filter, { Name: 'state', Values: ['available'] }], options)) {
    const { SubnetId: id, AvailabilityZone: zone, VpcId: vpc } = subnet;
    if (id === undefined || zone === undefined || vpc === undefined) continue;
    found.push({ id, zone, vpc, freeAddresses: subnet.AvailableIpAddressCount ?? 0 });
  }
  check(found, region, named);
  const usable = found.filter(subnet => subnet.freeAddresses > 0);
  if (usable.length > 0) return usable.sort((a, b) => b.freeAddresses - a.freeAddresses || (a.id < b.id ? -1 : 1));
  throw new MegalithError('NO_CAPACITY', `no subnet has an address left: ${found.map(each => each.id).join(', ')}`, {
    hint: 'end machines that are not needed, or add larger `subnets` to the section `ec2` of the config',
    details: { region, subnets: found.map(each => each.id) },
  });
}

function check(found: readonly MachineSubnet[], region: string, named: readonly string[] | undefined): void {
  const missing = (named ?? []).filter(id => !found.some(subnet => subnet.id === id));
  if (missing.length > 0) {
    throw new MegalithError('NOT_CONFIGURED', `there is no subnet ${missing.map(quoted).join(', ')} in ${region}`, {
      hint: 'see `aws ec2 describe-subnets`; set `subnets` and `region` in the section `ec2` of the config',
      details: { region, missing },
    });
  }
  if (found.length === 0) {
    throw new MegalithError('NOT_CONFIGURED', `the account has no default VPC with subnets in ${region}`, {
      hint: 'set `subnets` in the section `ec2` of the config, or make one with `aws ec2 create-default-vpc`',
      details: { region },
    });
  }
  const vpcs = [...new Set(found.map(subnet => subnet.vpc))];
  if (vpcs.length > 1) {
    throw new MegalithError('CONFIG', `the subnets belong to several VPCs: ${vpcs.join(', ')}`, {
      hint: 'name `subnets` of one VPC: a security group holds for one only',
      details: { region, vpcs },
    });
  }
}

function quoted(text: string): string {
  return `"${text}"`;
}
