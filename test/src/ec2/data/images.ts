/** A machine image. */
export interface Image {
  readonly id: string;
  readonly name: string;
  readonly arch: 'x86_64' | 'arm64';
  readonly owner: string;
  readonly ownerAlias?: 'amazon';
  readonly rootDevice: string;
  readonly diskGib: number;
  readonly created: string;
  readonly isPublic: boolean;
  /** Who logs in. */
  readonly user: string;
  /** SSM parameters that name it. */
  readonly parameters: readonly string[];
}

export const accountId = '123456789012';
const amazon = '137112412989';
const canonicalLtd = '099720109477';
/** Somebody who publishes images under the names of others. */
const impostor = '666666666666';

type Arch = Image['arch'];

const al2023 = (arch: Arch, id: string): Image => ({
  ...amazonLinux(arch, id),
  ownerAlias: 'amazon',
  parameters: ['kernel-default', 'kernel-6.1'].map(
    kernel => `/aws/service/ami-amazon-linux-latest/al2023-ami-${kernel}-${arch}`,
  ),
});

const ubuntu = (arch: Arch, id: string): Image => {
  const debianArch = arch === 'x86_64' ? 'amd64' : 'arm64';
  return {
    id,
    name: `ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-${debianArch}-server-20261102`,
    arch,
    owner: canonicalLtd,
    rootDevice: '/dev/sda1',
    diskGib: 8,
    created: '2026-11-02T07:11:40.000Z',
    isPublic: true,
    user: 'ubuntu',
    parameters: [`/aws/service/canonical/ubuntu/server/24.04/stable/current/${debianArch}/hvm/ebs-gp3/ami-id`],
  };
};

export const images: readonly Image[] = [
  al2023('x86_64', 'ami-0a1202300000086c4'),
  al2023('arm64', 'ami-0a12023000000a64d'),
  ubuntu('x86_64', 'ami-0b1240400000086c4'),
  ubuntu('arm64', 'ami-0b12404000000a64d'),
  {
    ...amazonLinux('x86_64', 'ami-0c0ffee0000000001'),
    name: 'our-image-2026-10-01',
    owner: accountId,
    diskGib: 20,
    isPublic: false,
  },
  {
    ...amazonLinux('x86_64', 'ami-0bad0000000000001'),
    name: 'al2023-ami-2023.99.20991231.0-kernel-6.1-x86_64',
    owner: impostor,
    created: '2026-11-20T00:00:00.000Z',
  },
];

function amazonLinux(arch: Arch, id: string): Image {
  return {
    id,
    name: `al2023-ami-2023.9.20261109.0-kernel-6.1-${arch}`,
    arch,
    owner: amazon,
    rootDevice: '/dev/xvda',
    diskGib: 8,
    created: '2026-11-09T18:22:01.000Z',
    isPublic: true,
    user: 'ec2-user',
    parameters: [],
  };
}
