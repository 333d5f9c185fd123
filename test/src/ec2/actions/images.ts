import { type Image, images } from '../data/images.js';
import { ApiError } from '../wire/api-error.js';
import { texts } from '../wire/params.js';
import type { XmlTree } from '../wire/xml.js';
import type { Action } from './call.js';
import { type FilterFields, filtered } from './filters.js';
import { page } from './page.js';

const fields: FilterFields<Image> = {
  architecture: ({ arch }) => arch,
  'image-id': ({ id }) => id,
  'is-public': ({ isPublic }) => isPublic,
  name: ({ name }) => name,
  'owner-alias': ({ ownerAlias }) => ownerAlias,
  'owner-id': ({ owner }) => owner,
  'root-device-type': () => 'ebs',
  state: () => 'available',
  'virtualization-type': () => 'hvm',
};

export const describeImages: Action = call => {
  const { account, params } = call;
  const ids = texts(params, 'ImageId');
  const owners = texts(params, 'Owner').map(owner => (owner === 'self' ? account.id : owner));
  const missing = ids.filter(id => !images.some(image => image.id === id));
  if (missing.length > 0)
    throw new ApiError('InvalidAMIID.NotFound', `The image id '[${missing.join(', ')}]' does not exist`);
  const known = images.filter(
    ({ id, owner, ownerAlias }) =>
      (ids.length === 0 || ids.includes(id)) &&
      (owners.length === 0 || owners.includes(owner) || (ownerAlias !== undefined && owners.includes(ownerAlias))),
  );
  const { items, nextToken } = page(call, filtered(call, known, fields));
  return { imagesSet: items.map(imageXml), nextToken };
};

function imageXml(image: Image): XmlTree {
  return {
    imageId: image.id,
    imageLocation: `${image.ownerAlias ?? image.owner}/${image.name}`,
    imageState: 'available',
    imageOwnerId: image.owner,
    imageOwnerAlias: image.ownerAlias,
    creationDate: image.created,
    isPublic: image.isPublic,
    architecture: image.arch,
    imageType: 'machine',
    platformDetails: 'Linux/UNIX',
    usageOperation: 'RunInstances',
    name: image.name,
    enaSupport: true,
    hypervisor: 'xen',
    virtualizationType: 'hvm',
    rootDeviceType: 'ebs',
    rootDeviceName: image.rootDevice,
    blockDeviceMapping: [
      {
        deviceName: image.rootDevice,
        ebs: {
          snapshotId: `snap-${image.id.slice(4)}`,
          volumeSize: image.diskGib,
          volumeType: 'gp3',
          deleteOnTermination: true,
          encrypted: false,
        },
      },
    ],
    imdsSupport: 'v2.0',
  };
}
