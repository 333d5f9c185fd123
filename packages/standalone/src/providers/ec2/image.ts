import type { Image } from '@aws-sdk/client-ec2';
import { MegalithError } from '@megalith/agent';
import type { CloudShape } from '../../pool/offer.js';
import type { CallOptions } from './call.js';
import { classOf, detailsOf } from './cloud-error.js';
import type { Ec2Api } from './ec2-client.js';
import type { Ec2Settings } from './ec2-settings.js';

type Arch = CloudShape['arch'];

export type ImageApi = Pick<Ec2Api, 'images' | 'parameter'>;

/** What a machine is made from. */
export interface MachineImage {
  /** `ami-0123456789abcdef0` */
  readonly id: string;
  readonly arch: Arch;
  /** What the volume with the system is called: `/dev/xvda`. */
  readonly rootDevice: string;
  /** The volume with the system is no smaller. */
  readonly minDiskBytes: number;
  /** Who can log in to images of that name; for hints only, as anybody may name an image so. */
  readonly userHint: string | undefined;
  readonly warnings: readonly string[];
}

/**
 * Amazon Linux 2023 with its default kernel, as AWS publishes it for each region. Source: its user guide, "AL2023 on Amazon EC2", section on the
 * Systems Manager Parameter Store.
 */
export const defaultImage = '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-{arch}';

/** The names that EC2 and those parameters have for what Node calls `x64` and `arm64`. */
const ec2Archs: Readonly<Record<Arch, string>> = { x64: 'x86_64', arm64: 'arm64' };

/** Whether the image differs with the architecture of the machine. */
export function isPerArch(image: string): boolean {
  return image.includes('{arch}');
}

/**
 * Finds the image that the config names, and checks it: by its id and its owner, or through a parameter that holds its id. An image is never looked for by
 * its name, which anybody may give to an image of theirs. What AWS itself publishes below `/aws/service/` needs no owner that the config names.
 * @param now epoch milliseconds
 * @throws MegalithError NOT_CONFIGURED where there is no such image, it is not of an owner named, not for that architecture, or not to be used; those of the
 * calls
 */
export async function findImage(
  api: ImageApi,
  settings: Pick<Ec2Settings, 'image' | 'imageOwners' | 'region'>,
  arch: Arch,
  now: number,
  options: CallOptions = {},
): Promise<MachineImage> {
  const named = settings.image.replaceAll('{arch}', ec2Archs[arch]);
  const id = /^ami-/.test(named) ? named : await fromParameter(api, named, settings.region, options);
  const image = await describe(api, id, settings, isPublishedByAws(named), options);
  return checked(image, id, arch, now);
}

function isPublishedByAws(named: string): boolean {
  return named.startsWith('/aws/service/');
}

async function fromParameter(api: ImageApi, name: string, region: string, options: CallOptions): Promise<string> {
  let value: string | undefined;
  try {
    value = await api.parameter(name, options);
  } catch (error) {
    const code = detailsOf(error)?.awsCode;
    if (classOf(error) !== 'missing' && code !== 'ValidationException') throw error;
    throw refused(`there is no parameter "${name}" in ${region}`, { name, region }, error);
  }
  if (value !== undefined && isImageId(value.trim())) return value.trim();
  throw refused(`the parameter "${name}" holds no id of an image`, { name, region });
}

function isImageId(text: string): boolean {
  return /^ami-([0-9a-f]{8}|[0-9a-f]{17})$/.test(text);
}

async function describe(
  api: ImageApi,
  id: string,
  { imageOwners, region }: Pick<Ec2Settings, 'imageOwners' | 'region'>,
  isVouchedFor: boolean,
  options: CallOptions,
): Promise<Image> {
  if (!isImageId(id)) throw refused(`"${id}" is not the id of an image`, { id });
  // EC2 compares the owners: only it knows who "self" is.
  const owned = isVouchedFor ? {} : { Owners: [...imageOwners] };
  const found = await look(api, id, owned, options);
  if (found !== undefined) return found;
  const others = isVouchedFor ? undefined : await look(api, id, {}, options);
  if (others === undefined) throw refused(`there is no image "${id}" in ${region}`, { id, region });
  const owner = others.ImageOwnerAlias ?? others.OwnerId ?? 'somebody unknown';
  throw new MegalithError('NOT_CONFIGURED', `the image "${id}" belongs to ${owner}, which the config does not trust`, {
    hint: `if you do, add "${others.OwnerId ?? owner}" to \`imageOwners\` in the section \`ec2\` of the config`,
    details: { id, owner, imageOwners },
  });
}

async function look(
  api: ImageApi,
  id: string,
  owned: { readonly Owners?: string[] },
  options: CallOptions,
): Promise<Image | undefined> {
  try {
    const images = await api.images({ ImageIds: [id], IncludeDeprecated: true, ...owned }, options);
    return images.find(image => image.ImageId === id);
  } catch (error) {
    if (/^InvalidAMIID\./.test(detailsOf(error)?.awsCode ?? '')) return undefined;
    throw error;
  }
}

function checked(image: Image, id: string, arch: Arch, now: number): MachineImage {
  const problem = problemOf(image, arch);
  if (problem !== undefined) throw refused(`the image "${id}" ${problem}`, { id, arch });
  const rootDevice = image.RootDeviceName!;
  const root = image.BlockDeviceMappings!.find(each => each.DeviceName === rootDevice)!;
  return {
    id,
    arch,
    rootDevice,
    minDiskBytes: root.Ebs!.VolumeSize! * 2 ** 30,
    userHint: userHintFor(image),
    warnings: deprecation(image, id, now),
  };
}

function problemOf(image: Image, arch: Arch): string | undefined {
  const { State, Architecture, RootDeviceName } = image;
  if (State !== 'available') return `can't be used: it is ${State ?? 'in an unknown state'}`;
  if (Architecture !== ec2Archs[arch]) return `is for ${Architecture ?? 'nothing known'}, not for ${ec2Archs[arch]}`;
  if (image.Platform !== undefined) return `has ${image.Platform}, not Linux`;
  if (image.VirtualizationType === 'paravirtual') return 'is paravirtual, which current machines are not';
  const root = image.BlockDeviceMappings?.find(each => each.DeviceName === RootDeviceName);
  if (RootDeviceName === undefined || root?.Ebs?.VolumeSize === undefined) return 'has no volume that the system is on';
  return undefined;
}

function deprecation({ DeprecationTime }: Image, id: string, now: number): string[] {
  const time = Date.parse(DeprecationTime ?? '');
  return time <= now
    ? [`the image "${id}" is deprecated since ${DeprecationTime!.slice(0, 10)}: take a newer one`]
    : [];
}

function userHintFor({ Name = '' }: Image): string | undefined {
  if (/^(al20\d\d|amzn|RHEL|suse)/.test(Name)) return 'ec2-user';
  if (/^ubuntu/.test(Name)) return 'ubuntu';
  return /^debian/.test(Name) ? 'admin' : undefined;
}

function refused(message: string, details: Readonly<Record<string, unknown>>, cause?: unknown): MegalithError {
  return new MegalithError('NOT_CONFIGURED', message, {
    hint: `set \`image\` in the section \`ec2\` of the config to an id ("ami-…") or an SSM parameter ("${defaultImage}")`,
    details,
    ...(cause === undefined ? {} : { cause }),
  });
}
