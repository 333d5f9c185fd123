import { archOf } from '../data/instance-types.js';
import type { InstanceState } from '../ec2-simulator.js';
import type { Account } from '../state/account.js';
import type { Instance } from '../state/instance.js';
import { tagSet } from '../state/tags.js';
import { text } from '../wire/params.js';
import type { XmlTree } from '../wire/xml.js';

const codes: Readonly<Record<InstanceState, number>> = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

export function stateXml(state: InstanceState): XmlTree {
  return { code: codes[state], name: state };
}

/** An instance as DescribeInstances writes it. */
export function instanceXml(account: Account, instance: Instance): XmlTree {
  const { spec, state } = instance;
  const isGone = state === 'terminated';
  const groupSet = isGone
    ? undefined
    : spec.groupIds.map(groupId => ({ groupId, groupName: account.groups.get(groupId)?.name }));
  const { privateAddress, publicAddress } = instance;
  const launchTime = new Date(instance.launchedAt);
  return {
    instanceId: instance.id,
    imageId: spec.image.id,
    instanceState: stateXml(state),
    privateDnsName: privateAddress === undefined ? '' : `ip-${privateAddress.replaceAll('.', '-')}.ec2.internal`,
    dnsName: publicAddress === undefined ? '' : `ec2-${publicAddress.replaceAll('.', '-')}.compute-1.amazonaws.com`,
    reason: instance.transition,
    keyName: spec.keyName,
    amiLaunchIndex: 0,
    instanceType: spec.type.type,
    launchTime,
    placement: { availabilityZone: spec.subnet.zone, groupName: '', tenancy: 'default' },
    monitoring: { state: 'disabled' },
    ...(isGone ? {} : { subnetId: spec.subnet.id, vpcId: account.vpcId }),
    privateIpAddress: privateAddress,
    ipAddress: publicAddress,
    sourceDestCheck: isGone ? undefined : true,
    groupSet,
    stateReason: instance.reason === undefined ? undefined : { ...instance.reason },
    architecture: archOf(spec.type),
    rootDeviceType: 'ebs',
    rootDeviceName: spec.image.rootDevice,
    blockDeviceMapping: isGone ? undefined : blockDevices(account, instance),
    virtualizationType: 'hvm',
    instanceLifecycle: spec.market === 'spot' ? 'spot' : undefined,
    spotInstanceRequestId: instance.spotRequestId,
    clientToken: spec.clientToken ?? '',
    tagSet: tagSet(instance.tags),
    hypervisor: 'xen',
    networkInterfaceSet: isGone ? undefined : [interfaceXml(account, instance)],
    iamInstanceProfile:
      spec.profile === undefined
        ? undefined
        : {
            arn: spec.profile.startsWith('arn:')
              ? spec.profile
              : `arn:aws:iam::${account.id}:instance-profile/${spec.profile}`,
          },
    ebsOptimized: spec.ebsOptimized,
    enaSupport: true,
    cpuOptions: cpuOptions(instance),
    metadataOptions: {
      state: state === 'pending' ? 'pending' : 'applied',
      httpTokens: text(spec.metadata, 'HttpTokens') ?? 'optional',
      httpPutResponseHopLimit: text(spec.metadata, 'HttpPutResponseHopLimit') ?? '1',
      httpEndpoint: text(spec.metadata, 'HttpEndpoint') ?? 'enabled',
      instanceMetadataTags: text(spec.metadata, 'InstanceMetadataTags') ?? 'disabled',
    },
  };
}

function cpuOptions({ spec: { type } }: Instance): XmlTree {
  const threadsPerCore = archOf(type) === 'arm64' ? 1 : 2;
  return { coreCount: type.cpus / threadsPerCore, threadsPerCore };
}

function blockDevices(account: Account, instance: Instance): XmlTree[] {
  return instance.volumeIds.flatMap(volumeId => {
    const volume = account.volumes.get(volumeId);
    if (volume === undefined) return [];
    const { deleteOnTermination, createdAt, device } = volume;
    return [
      {
        deviceName: device,
        ebs: { volumeId, status: 'attached', attachTime: new Date(createdAt), deleteOnTermination },
      },
    ];
  });
}

function interfaceXml(account: Account, instance: Instance): XmlTree {
  const { spec, interfaceId, privateAddress, publicAddress } = instance;
  return {
    networkInterfaceId: interfaceId,
    subnetId: spec.subnet.id,
    vpcId: account.vpcId,
    ownerId: account.id,
    status: 'in-use',
    privateIpAddress: privateAddress,
    groupSet: spec.groupIds.map(groupId => ({ groupId, groupName: account.groups.get(groupId)?.name })),
    attachment: { deviceIndex: 0, status: 'attached', deleteOnTermination: true },
    association: publicAddress === undefined ? undefined : { publicIp: publicAddress, ipOwnerId: 'amazon' },
  };
}
