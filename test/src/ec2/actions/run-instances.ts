import { isOffered } from '../data/offerings.js';
import { roomFor } from '../state/capacity.js';
import type { Instance } from '../state/instance.js';
import type { LaunchSpec } from '../state/launch-spec.js';
import { ApiError } from '../wire/api-error.js';
import { branch, type Params, required, text, whole } from '../wire/params.js';
import type { XmlTree } from '../wire/xml.js';
import { type Action, type Call, idempotent } from './call.js';
import { instanceXml } from './instance-xml.js';
import { launchFromTemplate, templateNamed, templateTags } from './launch-templates.js';
import { makeInstances } from './make-instances.js';
import { readLaunch } from './read-launch.js';

export const runInstances: Action = call => {
  const instances = idempotent(call, () => run(call));
  if (instances.every(({ state }) => state === 'terminated'))
    throw new ApiError(
      'IdempotentInstanceTerminated',
      'The client token was used for a previous request whose instances have been terminated.',
    );
  return {
    ...reservationXml(call, instances[0]!),
    instancesSet: instances.map(instance => instanceXml(call.account, instance)),
  };
};

function run(call: Call): Instance[] {
  const { account, params, faults } = call;
  required(params, 'MinCount');
  required(params, 'MaxCount');
  const least = whole(params, 'MinCount')!;
  const most = whole(params, 'MaxCount')!;
  if (least < 1 || most < least)
    throw new ApiError('InvalidParameterValue', `Value (${least}) for parameter minCount is invalid.`);
  const { launch, ownTags } = withTemplate(call);
  const spec = whereRoomIs(call, launch, most);
  const room = roomFor(account, faults, spec, most);
  const partial = faults.take('partial');
  const count = Math.min(room.count, partial?.count ?? most);
  if (count < least)
    throw (
      room.problem ??
      new ApiError('InsufficientInstanceCapacity', 'There is not enough capacity to fulfill your request.')
    );
  return makeInstances(call, spec, count, ownTags);
}

function withTemplate({ account, params }: Call): { launch: Params; ownTags: Record<string, string> } {
  const named = branch(params, 'LaunchTemplate');
  if (Object.keys(named).length === 0) return { launch: params, ownTags: {} };
  const { template, version } = templateNamed(account, named);
  return { launch: launchFromTemplate(template, version, params), ownTags: templateTags(template, version) };
}

/** Who names neither subnet nor zone gets the first zone with room, as AWS chooses one. */
function whereRoomIs({ account, faults }: Call, launch: Params, wanted: number): LaunchSpec {
  const first = readLaunch(account, launch);
  const network = branch(branch(launch, 'NetworkInterface'), '1');
  const isPlaced =
    (text(launch, 'SubnetId') ?? text(network, 'SubnetId') ?? text(branch(launch, 'Placement'), 'AvailabilityZone')) !==
    undefined;
  if (isPlaced) return first;
  const specs = account.subnets
    .filter(({ zone }) => isOffered(first.type, zone))
    .map((subnet): LaunchSpec => ({ ...first, subnet }));
  return specs.find(spec => roomFor(account, faults, spec, wanted).count >= wanted) ?? first;
}

/** What DescribeInstances and RunInstances say of a launch. */
export function reservationXml({ account }: Call, { birth, spec }: Instance): XmlTree {
  return {
    reservationId: birth.reservationId,
    ownerId: account.id,
    groupSet: spec.groupIds.map(groupId => ({ groupId, groupName: account.groups.get(groupId)?.name })),
  };
}
