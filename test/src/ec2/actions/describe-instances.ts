import { archOf } from '../data/instance-types.js';
import type { Instance } from '../state/instance.js';
import { ApiError } from '../wire/api-error.js';
import { text, texts } from '../wire/params.js';
import type { Action } from './call.js';
import { type FilterFields, filtered } from './filters.js';
import { instanceXml } from './instance-xml.js';
import { page } from './page.js';
import { reservationXml } from './run-instances.js';

const fields: FilterFields<Instance> = {
  architecture: ({ spec }) => archOf(spec.type),
  'availability-zone': ({ spec }) => spec.subnet.zone,
  'client-token': ({ spec }) => spec.clientToken,
  'image-id': ({ spec }) => spec.image.id,
  'instance.group-id': ({ spec }) => spec.groupIds,
  'instance-id': ({ id }) => id,
  'instance-lifecycle': ({ spec }) => (spec.market === 'spot' ? 'spot' : undefined),
  'instance-state-name': ({ state }) => state,
  'instance-type': ({ spec }) => spec.type.type,
  'ip-address': ({ publicAddress }) => publicAddress,
  'key-name': ({ spec }) => spec.keyName,
  'private-ip-address': ({ privateAddress }) => privateAddress,
  'reservation-id': ({ birth }) => birth.reservationId,
  'state-reason-code': ({ reason }) => reason?.code,
  'subnet-id': ({ spec }) => spec.subnet.id,
};

export const describeInstances: Action = call => {
  const { account, params } = call;
  const ids = texts(params, 'InstanceId');
  if (ids.length > 0 && text(params, 'MaxResults') !== undefined)
    throw new ApiError(
      'InvalidParameterCombination',
      'The parameter instancesSet cannot be used with the parameter maxResults',
    );
  const malformed = ids.find(id => !/^i-[0-9a-f]+$/.test(id));
  if (malformed !== undefined) throw new ApiError('InvalidInstanceID.Malformed', `Invalid id: "${malformed}"`);
  const known = ids.length > 0 ? account.instancesNamed(ids) : account.seenInstances();
  const fitting = filtered(call, known, fields, ({ tags }) => tags);
  const { items, nextToken } = page(call, fitting, {}, ({ birth }) => birth.sequence);
  return {
    reservationSet: reservations(items).map(instances => ({
      ...reservationXml(call, instances[0]!),
      instancesSet: instances.map(instance => instanceXml(account, instance)),
    })),
    nextToken,
  };
};

function reservations(instances: readonly Instance[]): Instance[][] {
  const byId = new Map<string, Instance[]>();
  for (const instance of instances) {
    const { reservationId } = instance.birth;
    const together = byId.get(reservationId);
    if (together === undefined) byId.set(reservationId, [instance]);
    else together.push(instance);
  }
  return [...byId.values()];
}
