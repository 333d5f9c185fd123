import type { Account } from '../state/account.js';
import type { Volume } from '../state/resources.js';
import { tagSet } from '../state/tags.js';
import { ApiError } from '../wire/api-error.js';
import { required, texts } from '../wire/params.js';
import type { XmlTree } from '../wire/xml.js';
import type { Action } from './call.js';
import { type FilterFields, filtered } from './filters.js';
import { page } from './page.js';

const stateOf = ({ instanceId }: Volume) => (instanceId === undefined ? 'available' : 'in-use');

const fields: FilterFields<Volume> = {
  'attachment.instance-id': ({ instanceId }) => instanceId,
  'availability-zone': ({ zone }) => zone,
  encrypted: ({ encrypted }) => encrypted,
  status: stateOf,
  'volume-id': ({ id }) => id,
  'volume-type': ({ type }) => type,
};

export const describeVolumes: Action = call => {
  const { account, params } = call;
  const ids = texts(params, 'VolumeId');
  const known = ids.length > 0 ? ids.map(id => volumeOf(account, id)) : [...account.volumes.values()];
  const { items, nextToken } = page(
    call,
    filtered(call, known, fields, ({ tags }) => tags),
  );
  return { volumeSet: items.map(volumeXml), nextToken };
};

export const deleteVolume: Action = ({ account, params }) => {
  const volume = volumeOf(account, required(params, 'VolumeId'));
  if (volume.instanceId !== undefined)
    throw new ApiError('VolumeInUse', `Volume ${volume.id} is currently attached to ${volume.instanceId}`);
  account.volumes.delete(volume.id);
  return { return: true };
};

function volumeOf(account: Account, id: string): Volume {
  const volume = account.volumes.get(id);
  if (volume === undefined) throw new ApiError('InvalidVolume.NotFound', `The volume '${id}' does not exist.`);
  return volume;
}

function volumeXml(volume: Volume): XmlTree {
  const { id: volumeId, instanceId, createdAt, deleteOnTermination } = volume;
  const attachment = { volumeId, instanceId, device: volume.device, status: 'attached', deleteOnTermination };
  return {
    volumeId,
    size: volume.sizeGib,
    snapshotId: volume.snapshotId,
    availabilityZone: volume.zone,
    status: stateOf(volume),
    createTime: new Date(createdAt),
    attachmentSet: instanceId === undefined ? [] : [{ ...attachment, attachTime: new Date(createdAt) }],
    tagSet: tagSet(volume.tags),
    volumeType: volume.type,
    iops: volume.iops,
    throughput: volume.throughputMibps,
    encrypted: volume.encrypted,
  };
}
