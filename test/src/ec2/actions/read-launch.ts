import { type Image, images } from '../data/images.js';
import { archOf, type InstanceType, instanceTypes } from '../data/instance-types.js';
import { isOffered } from '../data/offerings.js';
import type { Account } from '../state/account.js';
import type { LaunchSpec } from '../state/launch-spec.js';
import type { Subnet } from '../state/network.js';
import { readTagSpecifications } from '../state/tags.js';
import { ApiError } from '../wire/api-error.js';
import { branch, branches, flag, type Params, text, texts } from '../wire/params.js';
import { readVolumes } from './read-volumes.js';

const taggable = ['instance', 'volume', 'network-interface', 'spot-instances-request', 'elastic-gpu'] as const;

/**
 * What a request wants to launch: parameters as RunInstances has them. Without a subnet or zone it is the first subnet that has the type.
 * @throws ApiError for what AWS would refuse
 */
export function readLaunch(account: Account, params: Params): LaunchSpec {
  const image = imageOf(text(params, 'ImageId'));
  const type = typeOf(text(params, 'InstanceType') ?? 'm1.small');
  if (archOf(type) !== image.arch)
    throw new ApiError(
      'InvalidParameterValue',
      `The architecture '${archOf(type)}' of the specified instance type does not match the architecture '${image.arch}' of the specified ` +
        'AMI. Specify an instance type and an AMI that have matching architectures, and try again.',
    );
  const network = branches(params, 'NetworkInterface')[0];
  if (network !== undefined && (branch(params, 'SecurityGroupId')['1'] ?? text(params, 'SubnetId')) !== undefined)
    throw new ApiError(
      'InvalidParameterCombination',
      'Network interfaces and an instance-level subnet ID or security groups may not be specified on the same request',
    );
  const subnet = subnetFor(account, params, network, type);
  const market = text(branch(params, 'InstanceMarketOptions'), 'MarketType') === 'spot' ? 'spot' : 'on-demand';
  if (market === 'spot' && type.noSpot === true)
    throw new ApiError('UnsupportedOperation', `The instance type ${type.type} is not supported on Spot.`);
  const tags = readTagSpecifications(params, taggable);
  if (market !== 'spot' && tags.has('spot-instances-request'))
    throw new ApiError(
      'InvalidParameterValue',
      'You cannot specify tags for Spot instances requests if there are no Spot instances requests being created by the request.',
    );
  const keyName = text(params, 'KeyName');
  const key = keyName === undefined ? undefined : account.keyPairs.get(keyName);
  if (keyName !== undefined && key === undefined)
    throw new ApiError('InvalidKeyPair.NotFound', `The key pair '${keyName}' does not exist`);
  const metadata = branch(params, 'MetadataOptions');
  const profile = branch(params, 'IamInstanceProfile');
  return {
    type,
    subnet,
    market,
    image,
    keyName,
    publicKey: key?.publicKey,
    groupIds: groupsFor(account, params, network),
    userData: readUserData(text(params, 'UserData')),
    shutdownBehavior: text(params, 'InstanceInitiatedShutdownBehavior') === 'terminate' ? 'terminate' : 'stop',
    isProtected: flag(params, 'DisableApiTermination') ?? false,
    wantsPublicAddress: (network === undefined ? undefined : flag(network, 'AssociatePublicIpAddress')) ?? true,
    metadata,
    profile: text(profile, 'Arn') ?? text(profile, 'Name'),
    volumes: readVolumes(params, image),
    ebsOptimized: flag(params, 'EbsOptimized') ?? false,
    tags,
    clientToken: text(params, 'ClientToken'),
  };
}

function imageOf(id: string | undefined): Image {
  if (id === undefined) throw new ApiError('MissingParameter', 'The request must contain the parameter ImageId');
  if (!/^ami-([0-9a-f]{8}|[0-9a-f]{17})$/.test(id))
    throw new ApiError('InvalidAMIID.Malformed', `Invalid id: "${id}" (expecting "ami-...")`);
  const image = images.find(image => image.id === id);
  if (image === undefined) throw new ApiError('InvalidAMIID.NotFound', `The image id '[${id}]' does not exist`);
  return image;
}

function typeOf(name: string): InstanceType {
  const type = instanceTypes.find(({ type }) => type === name);
  if (type === undefined) throw new ApiError('InvalidParameterValue', `Invalid value '${name}' for InstanceType.`);
  return type;
}

function subnetFor(account: Account, params: Params, network: Params | undefined, type: InstanceType): Subnet {
  const id = text(params, 'SubnetId') ?? (network === undefined ? undefined : text(network, 'SubnetId'));
  const zone = text(branch(params, 'Placement'), 'AvailabilityZone');
  if (zone !== undefined && !account.zones.includes(zone))
    throw new ApiError('InvalidParameterValue', `Invalid availability zone: [${zone}]`);
  const subnet = account.subnets.find(subnet =>
    id !== undefined ? subnet.id === id : zone !== undefined ? subnet.zone === zone : isOffered(type, subnet.zone),
  );
  if (subnet === undefined) throw new ApiError('InvalidSubnetID.NotFound', `The subnet ID '${id}' does not exist`);
  if (zone !== undefined && subnet.zone !== zone)
    throw new ApiError('InvalidParameterValue', `The availability zone '${zone}' does not match that of the subnet.`);
  if (!isOffered(type, subnet.zone)) {
    const others = account.zones.filter(zone => isOffered(type, zone)).join(', ');
    throw new ApiError(
      'Unsupported',
      `Your requested instance type (${type.type}) is not supported in your requested Availability Zone (${subnet.zone}). Please retry your ` +
        `request by not specifying an Availability Zone or choosing ${others}.`,
    );
  }
  return subnet;
}

function groupsFor(account: Account, params: Params, network: Params | undefined): string[] {
  const ids = [
    ...texts(params, 'SecurityGroupId'),
    ...(network === undefined ? [] : texts(network, 'SecurityGroupId')),
  ];
  const missing = ids.find(id => !account.groups.has(id));
  if (missing !== undefined)
    throw new ApiError('InvalidGroup.NotFound', `The security group '${missing}' does not exist`);
  return ids.length > 0 ? ids : [account.defaultGroup.id];
}

function readUserData(base64: string | undefined): string {
  if (base64 === undefined) return '';
  if (base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64))
    throw new ApiError('InvalidParameterValue', 'Invalid BASE64 encoding of user data.');
  if (Buffer.from(base64, 'base64').length > 16_384)
    throw new ApiError('InvalidParameterValue', 'User data is limited to 16384 bytes');
  return base64;
}
