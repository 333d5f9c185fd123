import type {
  CreateFleetCommandInput,
  CreateLaunchTemplateCommandInput,
  LaunchTemplateBlockDeviceMappingRequest,
  RequestLaunchTemplateData,
  ResourceType,
  RunInstancesCommandInput,
  Tag,
} from '@aws-sdk/client-ec2';
import { MegalithError } from '@megalith/agent';
import type { MachineTags, Market } from '../../pool/cloud-machine.js';
import type { CloudShape } from '../../pool/offer.js';
import { clientToken, requestDigest } from './client-token.js';
import { rootVolume } from './root-volume.js';
import { awsTags } from './tags.js';

/** Where one machine may come from: a shape in the zone of a subnet. */
interface LaunchOverride {
  readonly shape: CloudShape;
  readonly subnet: string;
}

/** One try to launch one machine: the overrides are of one market and one architecture, the best first. */
export interface LaunchRequest {
  /** The intent's id, and which of its tries it is, from 1. */
  readonly intent: string;
  readonly tryNumber: number;
  readonly market: Market;
  readonly overrides: readonly LaunchOverride[];
  readonly image: LaunchImage;
  readonly tags: MachineTags;
  /** As `userData` makes it. */
  readonly userData: string;
  readonly securityGroups: readonly string[];
  readonly address: 'public' | 'private';
  /** At least the image's own size is taken. */
  readonly diskBytes: number;
  /** The name of a key pair in EC2; none where the user data brings the key. */
  readonly keyName?: string;
  readonly instanceProfile?: string;
  /** On the spot market AWS itself takes none dearer. */
  readonly maxUsdPerHour?: number;
}

interface LaunchImage {
  readonly id: string;
  /** `/dev/xvda`: as the image calls the volume that it starts from. */
  readonly rootDevice: string;
  readonly bytes: number;
}

/** What is sent, and what the intent must say on disk before. */
export interface SealedRequest<Input> {
  readonly input: Input & { readonly ClientToken: string };
  readonly clientToken: string;
  readonly request: string;
}

/** AWS takes 16 KiB of user data, before base64. */
export const mostUserDataBytes = 16_384;

/** AWS's limit of an instant fleet. */
const mostOverrides = 300;

/** Types that no fleet makes: they need hosts of their own. U7i and other high-memory types are few enough to be asked for by name. */
const noFleet = /^(u-|u\d|mac)|\.metal/;

/** Whether a fleet is worth asking: it can make these types, and there is something to choose from. */
export function suitsFleet({ overrides }: Pick<LaunchRequest, 'overrides'>): boolean {
  return overrides.length > 1 && !overrides.some(({ shape }) => noFleet.test(shape.type));
}

/**
 * The launch template that a fleet needs, named for what it says. It has no client token: AWS would answer the second request with the template of
 * the first, even once that was deleted. That the name is taken means that it is there.
 */
export function launchTemplate(
  request: LaunchRequest,
): CreateLaunchTemplateCommandInput & { LaunchTemplateName: string } {
  const tags = awsTags(request.tags);
  const profile = request.instanceProfile;
  const data: RequestLaunchTemplateData = {
    ...shared(request),
    ...(profile === undefined ? {} : { IamInstanceProfile: { Name: profile } }),
    NetworkInterfaces: [networkInterface(request)],
    // The fleet's own request can't carry these; it carries all others.
    TagSpecifications: tagged(
      tags,
      'network-interface',
      ...(request.market === 'spot' ? (['spot-instances-request'] as const) : []),
    ),
  };
  return {
    LaunchTemplateName: `megalith-${requestDigest(data)}`,
    LaunchTemplateData: data,
    TagSpecifications: tagged(tags, 'launch-template'),
  };
}

/**
 * Asks for the first of all overrides that is to be had, and has the answer in the reply: on demand in our order, on the spot market as AWS judges
 * price and the danger of interruption together.
 * @param templateName what {@link launchTemplate} says
 */
export function fleetRequest(request: LaunchRequest, templateName: string): SealedRequest<CreateFleetCommandInput> {
  const isSpot = request.market === 'spot';
  return sealed(request, {
    Type: 'instant',
    TargetCapacitySpecification: { TotalTargetCapacity: 1, DefaultTargetCapacityType: request.market },
    ...(isSpot
      ? { SpotOptions: { AllocationStrategy: 'price-capacity-optimized', InstanceInterruptionBehavior: 'terminate' } }
      : { OnDemandOptions: { AllocationStrategy: 'prioritized' } }),
    LaunchTemplateConfigs: [
      {
        LaunchTemplateSpecification: { LaunchTemplateName: templateName, Version: '$Latest' },
        Overrides: request.overrides.slice(0, mostOverrides).map(({ shape, subnet }, priority) => ({
          InstanceType: shape.type as NonNullable<RunInstancesCommandInput['InstanceType']>,
          SubnetId: subnet,
          ...(isSpot ? maxPrice(request) : { Priority: priority }),
        })),
      },
    ],
    TagSpecifications: tagged(awsTags(request.tags), 'fleet', 'instance', 'volume'),
  });
}

/** Asks for the first override, and for no other. */
export function runRequest(request: LaunchRequest): SealedRequest<RunInstancesCommandInput> {
  const [first] = request.overrides;
  if (first === undefined) throw new MegalithError('NO_CAPACITY', 'there is no shape to ask AWS for');
  const isSpot = request.market === 'spot';
  const profile = request.instanceProfile;
  return sealed(request, {
    ...shared({ ...request, overrides: [first] }),
    MinCount: 1,
    MaxCount: 1,
    InstanceType: first.shape.type as NonNullable<RunInstancesCommandInput['InstanceType']>,
    NetworkInterfaces: [{ ...networkInterface(request), SubnetId: first.subnet }],
    ...(profile === undefined ? {} : { IamInstanceProfile: { Name: profile } }),
    ...(isSpot
      ? {
          InstanceMarketOptions: {
            MarketType: 'spot',
            SpotOptions: {
              SpotInstanceType: 'one-time',
              InstanceInterruptionBehavior: 'terminate',
              ...maxPrice(request),
            },
          },
        }
      : {}),
    TagSpecifications: tagged(
      awsTags(request.tags),
      'instance',
      'volume',
      'network-interface',
      ...(isSpot ? (['spot-instances-request'] as const) : []),
    ),
  });
}

/** What both ways to launch say in the same words. */
function shared(request: LaunchRequest) {
  return {
    ImageId: request.image.id,
    ...(request.keyName === undefined ? {} : { KeyName: request.keyName }),
    InstanceInitiatedShutdownBehavior: 'terminate' as const,
    MetadataOptions: {
      HttpEndpoint: 'enabled' as const,
      HttpTokens: 'required' as const,
      HttpPutResponseHopLimit: 1,
    },
    BlockDeviceMappings: [rootMapping(request)],
    UserData: encoded(request.userData),
  };
}

function rootMapping({ overrides, diskBytes, image }: LaunchRequest): LaunchTemplateBlockDeviceMappingRequest {
  const volume = rootVolume(
    overrides.map(({ shape }) => shape),
    diskBytes,
    image.bytes,
  );
  return {
    DeviceName: image.rootDevice,
    Ebs: {
      VolumeType: 'gp3',
      VolumeSize: volume.sizeGib,
      Iops: volume.iops,
      Throughput: volume.throughputMibps,
      Encrypted: true,
      DeleteOnTermination: true,
    },
  };
}

function networkInterface({ securityGroups, address }: LaunchRequest) {
  return {
    DeviceIndex: 0,
    AssociatePublicIpAddress: address === 'public',
    DeleteOnTermination: true,
    Groups: [...securityGroups],
  };
}

function maxPrice({ maxUsdPerHour }: LaunchRequest): { readonly MaxPrice?: string } {
  return maxUsdPerHour === undefined ? {} : { MaxPrice: maxUsdPerHour.toFixed(4) };
}

function tagged(tags: readonly Tag[], ...kinds: readonly ResourceType[]) {
  return kinds.map(ResourceType => ({ ResourceType, Tags: [...tags] }));
}

function sealed<Input>({ intent, tryNumber }: LaunchRequest, input: Input): SealedRequest<Input> {
  const request = requestDigest(input);
  const token = clientToken(intent, tryNumber, request);
  return { input: { ...input, ClientToken: token }, clientToken: token, request };
}

function encoded(userData: string): string {
  const bytes = Buffer.from(userData, 'utf8');
  if (bytes.length > mostUserDataBytes) {
    throw new MegalithError('CONFIG', `the user data has ${bytes.length} bytes, and AWS takes ${mostUserDataBytes}`, {
      hint: 'give fewer or shorter keys',
    });
  }
  return bytes.toString('base64');
}
