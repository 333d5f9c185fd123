import type { Image } from '../data/images.js';
import type { VolumeSpec } from '../state/launch-spec.js';
import { ApiError } from '../wire/api-error.js';
import { branch, branches, flag, type Params, text, whole } from '../wire/params.js';

/** The root volume, as the image has it and the request changes it, and what the request adds. @throws ApiError for sizes and speeds that EBS lacks */
export function readVolumes(params: Params, image: Image): VolumeSpec[] {
  const byDevice = new Map<string, Params>([[image.rootDevice, {}]]);
  for (const mapping of branches(params, 'BlockDeviceMapping')) {
    const device = text(mapping, 'DeviceName');
    if (device === undefined)
      throw new ApiError('MissingParameter', 'The request must contain the parameter deviceName');
    if (mapping.Ebs !== undefined) byDevice.set(device, branch(mapping, 'Ebs'));
  }
  return [...byDevice].map(([device, ebs]) => readVolume(device, ebs, device === image.rootDevice ? image.diskGib : 1));
}

function readVolume(device: string, ebs: Params, leastGib: number): VolumeSpec {
  const sizeGib = whole(ebs, 'VolumeSize') ?? leastGib;
  if (sizeGib < leastGib)
    throw new ApiError(
      'InvalidBlockDeviceMapping',
      `Volume of size ${sizeGib}GB is smaller than snapshot, expect size >= ${leastGib}GB`,
    );
  if (sizeGib > 65_536)
    throw new ApiError(
      'InvalidParameterValue',
      `Volume of ${sizeGib}GiB is too large for volume type gp3; maximum is 65536GiB.`,
    );
  const type = text(ebs, 'VolumeType') ?? 'gp3';
  const iops = whole(ebs, 'Iops') ?? 3000;
  const throughputMibps = whole(ebs, 'Throughput') ?? (type === 'gp3' ? 125 : undefined);
  if (type !== 'gp3' && text(ebs, 'Throughput') !== undefined)
    throw new ApiError('InvalidParameterCombination', `The parameter throughput is not supported for ${type} volumes.`);
  if (throughputMibps !== undefined) checkGp3(sizeGib, iops, throughputMibps);
  return {
    device,
    sizeGib,
    type,
    iops,
    throughputMibps,
    encrypted: flag(ebs, 'Encrypted') ?? false,
    deleteOnTermination: flag(ebs, 'DeleteOnTermination') ?? true,
  };
}

/** Limits of gp3 as the EBS guide has them since 2025: 80,000 IOPS, 2,000 MiB/s; 500 IOPS a GiB, ¼ MiB/s an IOPS. */
function checkGp3(sizeGib: number, iops: number, throughputMibps: number): void {
  const problem =
    iops < 3000 || iops > 80_000
      ? `Volume iops of ${iops} is not in the range 3000 to 80000.`
      : throughputMibps < 125 || throughputMibps > 2000
        ? `Throughput of ${throughputMibps} MiBps is not in the range 125 to 2000.`
        : iops > Math.max(3000, 500 * sizeGib)
          ? `Iops to volume size ratio of ${iops / sizeGib} is too high; maximum is 500.`
          : throughputMibps > iops / 4
            ? `Throughput (MiBps) to iops ratio of ${throughputMibps / iops} is too high; maximum is 0.250000 MiBps per iops.`
            : undefined;
  if (problem !== undefined) throw new ApiError('InvalidParameterCombination', problem);
}
