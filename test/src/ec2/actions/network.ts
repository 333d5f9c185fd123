import { ApiError } from '../wire/api-error.js';
import { texts } from '../wire/params.js';
import type { Action } from './call.js';
import { filtered } from './filters.js';
import { page } from './page.js';

export const describeAvailabilityZones: Action = call => {
  const { account, params } = call;
  const names = texts(params, 'ZoneName');
  const unknown = names.find(name => !account.zones.includes(name));
  if (unknown !== undefined) throw new ApiError('InvalidParameterValue', `Invalid availability zone: [${unknown}]`);
  const zones = account.zones.filter(zone => names.length === 0 || names.includes(zone));
  const fitting = filtered(call, zones, {
    state: () => 'available',
    'zone-name': zone => zone,
    'zone-type': () => 'availability-zone',
    'opt-in-status': () => 'opt-in-not-required',
    'region-name': () => account.region,
  });
  return {
    availabilityZoneInfo: fitting.map(zone => ({
      zoneName: zone,
      zoneState: 'available',
      regionName: account.region,
      zoneId: `use1-az${account.zones.indexOf(zone) + 1}`,
      zoneType: 'availability-zone',
      optInStatus: 'opt-in-not-required',
      groupName: `${account.region}-zg-1`,
    })),
  };
};

export const describeVpcs: Action = call => {
  const { account, params } = call;
  const ids = texts(params, 'VpcId');
  const unknown = ids.find(id => id !== account.vpcId);
  if (unknown !== undefined) throw new ApiError('InvalidVpcID.NotFound', `The vpc ID '${unknown}' does not exist`);
  const fitting = filtered(call, [account.vpcId], {
    'vpc-id': id => id,
    'is-default': () => true,
    isDefault: () => true,
    state: () => 'available',
    cidr: () => '172.31.0.0/16',
  });
  return {
    vpcSet: fitting.map(vpcId => ({
      vpcId,
      ownerId: account.id,
      state: 'available',
      cidrBlock: '172.31.0.0/16',
      instanceTenancy: 'default',
      isDefault: true,
    })),
  };
};

export const describeSubnets: Action = call => {
  const { account, params } = call;
  const ids = texts(params, 'SubnetId');
  const unknown = ids.find(id => !account.subnets.some(subnet => subnet.id === id));
  if (unknown !== undefined)
    throw new ApiError('InvalidSubnetID.NotFound', `The subnet ID '${unknown}' does not exist`);
  const fitting = filtered(
    call,
    account.subnets.filter(({ id }) => ids.length === 0 || ids.includes(id)),
    {
      'availability-zone': ({ zone }) => zone,
      'default-for-az': () => true,
      defaultForAz: () => true,
      state: () => 'available',
      'subnet-id': ({ id }) => id,
      'vpc-id': () => account.vpcId,
    },
  );
  const { items, nextToken } = page(call, fitting);
  return {
    subnetSet: items.map(({ id, zone, cidr }) => ({
      subnetId: id,
      vpcId: account.vpcId,
      ownerId: account.id,
      state: 'available',
      cidrBlock: cidr,
      availabilityZone: zone,
      availableIpAddressCount: 4091 - alive(account, id),
      defaultForAz: true,
      mapPublicIpOnLaunch: true,
    })),
    nextToken,
  };
};

function alive({ instances }: Parameters<Action>[0]['account'], subnetId: string): number {
  return [...instances.values()].filter(({ state, spec }) => state !== 'terminated' && spec.subnet.id === subnetId)
    .length;
}
