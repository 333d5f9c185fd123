import type { Image } from '@aws-sdk/client-ec2';
import { describe, expect, test } from 'vitest';
import { awsRefusal } from './aws-error.fixture.js';
import { defaultImage, findImage, type ImageApi, isPerArch } from './image.js';

const id = 'ami-0123456789abcdef0';
const al2023: Image = {
  ImageId: id,
  Name: 'al2023-ami-2023.9.20251117.1-kernel-6.1-x86_64',
  OwnerId: '137112412989',
  ImageOwnerAlias: 'amazon',
  State: 'available',
  Architecture: 'x86_64',
  VirtualizationType: 'hvm',
  RootDeviceType: 'ebs',
  RootDeviceName: '/dev/xvda',
  BlockDeviceMappings: [
    { DeviceName: '/dev/sdb', VirtualName: 'ephemeral0' },
    { DeviceName: '/dev/xvda', Ebs: { VolumeSize: 8 } },
  ],
  DeprecationTime: '2026-02-15T00:00:00.000Z',
};
const now = Date.parse('2026-01-01T00:00:00Z');

function fake(image: Image = al2023, parameters: Readonly<Record<string, string>> = {}) {
  const asked: unknown[] = [];
  const api: ImageApi = {
    async images(input) {
      asked.push(input);
      if (input.Filters !== undefined || input.ImageIds?.length !== 1)
        throw new Error('looked for by other than its id');
      if (input.ImageIds[0] !== image.ImageId) throw awsRefusal('DescribeImages', 'InvalidAMIID.NotFound');
      const names = [image.OwnerId, image.ImageOwnerAlias, ...(image.OwnerId === '111111111111' ? ['self'] : [])];
      return input.Owners === undefined || input.Owners.some(owner => names.includes(owner)) ? [image] : [];
    },
    async parameter(name) {
      if (parameters[name] === undefined) throw awsRefusal('GetParameter', 'ParameterNotFound');
      return parameters[name];
    },
  };
  return { api, asked };
}
const find = (api: ImageApi, image = id, imageOwners: readonly string[] = ['self', 'amazon']) =>
  findImage(api, { image, imageOwners, region: 'eu-central-1' }, 'x64', now);

describe('the image of a machine', () => {
  test('is found by its id and owner', async () => {
    const { api, asked } = fake();
    expect(await find(api)).toEqual({
      id,
      arch: 'x64',
      rootDevice: '/dev/xvda',
      minDiskBytes: 8 * 2 ** 30,
      userHint: 'ec2-user',
      warnings: [],
    });
    expect(asked).toEqual([{ ImageIds: [id], IncludeDeprecated: true, Owners: ['self', 'amazon'] }]);
  });

  test('is found by a parameter, for the architecture asked for', async () => {
    const path = (arch: string) => `/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-${arch}`;
    const arm = { ...al2023, Architecture: 'arm64' as const };
    expect(isPerArch(defaultImage)).toBe(true);
    expect(isPerArch(id)).toBe(false);
    expect((await find(fake(al2023, { [path('x86_64')]: id }).api, defaultImage)).id).toBe(id);
    const { api } = fake(arm, { [path('arm64')]: `${id}\n` });
    const settings = { image: defaultImage, imageOwners: [], region: 'eu-central-1' };
    expect(await findImage(api, settings, 'arm64', now)).toMatchObject({ id, arch: 'arm64' });
  });

  test("needs no owner from the config where AWS publishes it, but does behind an account's own parameter", async () => {
    const canonical = { ...al2023, OwnerId: '099720109477', ImageOwnerAlias: undefined, Name: 'ubuntu/images/x' };
    const published = '/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id';
    const { api } = fake(canonical, { [published]: id, '/golden': id });
    expect((await find(api, published)).userHint).toBe('ubuntu');
    await expect(find(api, '/golden')).rejects.toMatchObject({
      code: 'NOT_CONFIGURED',
      message: expect.stringContaining('099720109477'),
      hint: expect.stringContaining('`imageOwners`'),
    });
    expect((await find(api, '/golden', ['099720109477'])).id).toBe(id);
    expect((await find(fake({ ...canonical, OwnerId: '111111111111' }, { '/golden': id }).api, '/golden')).id).toBe(id);
  });

  test.each<[string, Partial<Image>, RegExp]>([
    ['is not available', { State: 'pending' }, /it is pending/],
    ['is for another architecture', { Architecture: 'arm64' }, /is for arm64, not for x86_64/],
    ['has Windows', { Platform: 'Windows' }, /Windows, not Linux/],
    ['is paravirtual', { VirtualizationType: 'paravirtual' }, /paravirtual/],
    ['has no root volume', { BlockDeviceMappings: [] }, /no volume/],
  ])('is refused where it %s', async (_, change, message) => {
    const error = await find(fake({ ...al2023, ...change }).api).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'NOT_CONFIGURED', hint: expect.stringContaining('`image`') });
    expect((error as Error).message).toMatch(message);
  });

  test.each([
    ['ami-0123456789abcdef1', /no image/],
    ['ami-1', /not the id of an image/],
    ['al2023-ami-2023.9.20251117.1-kernel-6.1-x86_64', /no parameter/],
    ['/holds/no/image', /holds no id/],
  ])('is not found as %s', async (image, message) => {
    const { api } = fake(al2023, { '/holds/no/image': 'hello' });
    const error = await find(api, image).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'NOT_CONFIGURED' });
    expect((error as Error).message).toMatch(message);
  });

  test('comes with a warning once it is deprecated', async () => {
    const { warnings } = await find(fake({ ...al2023, DeprecationTime: '2026-01-01T00:00:00.000Z' }).api);
    expect(warnings).toEqual([expect.stringContaining('deprecated since 2026-01-01')]);
  });

  test('is not judged where EC2 or SSM refuse to tell', async () => {
    const denied = () => Promise.reject(awsRefusal('DescribeImages', 'UnauthorizedOperation'));
    await expect(find({ ...fake().api, images: denied })).rejects.toMatchObject({ code: 'NO_CREDENTIALS' });
    await expect(find({ ...fake().api, parameter: denied }, '/golden')).rejects.toMatchObject({
      code: 'NO_CREDENTIALS',
    });
  });
});
