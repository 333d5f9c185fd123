import { generateKeyPairSync } from 'node:crypto';
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateLaunchTemplateCommand,
  CreateLaunchTemplateVersionCommand,
  CreateSecurityGroupCommand,
  CreateTagsCommand,
  DeleteKeyPairCommand,
  DeleteLaunchTemplateCommand,
  DeleteSecurityGroupCommand,
  DeleteTagsCommand,
  DescribeKeyPairsCommand,
  DescribeLaunchTemplatesCommand,
  DescribeSecurityGroupsCommand,
  ImportKeyPairCommand,
  RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2';
import { expect } from 'vitest';
import { once, refusal, run, terminate, unique } from './ask.js';
import type { ContractContext, ContractPart } from './define-contract.js';

const ssh = [
  { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '192.0.2.7/32', Description: 'me' }] },
];
const tags = [{ Key: 'megalith', Value: '1' }];

async function newGroup({ ec2 }: ContractContext): Promise<{ GroupId: string; GroupName: string }> {
  const GroupName = unique();
  const TagSpecifications = [{ ResourceType: 'security-group' as const, Tags: tags }];
  const { GroupId } = await ec2.send(
    new CreateSecurityGroupCommand({ GroupName, Description: 'of a test', TagSpecifications }),
  );
  return { GroupId: GroupId!, GroupName };
}

/** An OpenSSH line: two length-prefixed texts, in base64. */
export function ed25519Line(): string {
  const { publicKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const parts = [Buffer.from('ssh-ed25519'), raw].flatMap(part => {
    const size = Buffer.alloc(4);
    size.writeUInt32BE(part.length);
    return [size, part];
  });
  return `ssh-ed25519 ${Buffer.concat(parts).toString('base64')} test`;
}

export const besideInstances: ContractPart = {
  'a security group admits what it is told, once': async context => {
    const { ec2 } = context;
    const { GroupId, GroupName } = await newGroup(context);
    expect(await refusal(ec2.send(new CreateSecurityGroupCommand({ GroupName, Description: 'again' })))).toBe(
      'InvalidGroup.Duplicate',
    );
    await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: ssh }));
    expect(await refusal(ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: ssh })))).toBe(
      'InvalidPermission.Duplicate',
    );
    const { SecurityGroups } = await ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [GroupId] }));
    expect(SecurityGroups![0]!.IpPermissions![0]).toMatchObject(ssh[0]!);
    expect(SecurityGroups![0]!.Tags).toEqual(tags);
    await ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId, IpPermissions: ssh }));
    const after = await ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [GroupId] }));
    expect(after.SecurityGroups![0]!.IpPermissions).toEqual([]);
    await ec2.send(new DeleteSecurityGroupCommand({ GroupId }));
    expect(await refusal(ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [GroupId] })))).toBe(
      'InvalidGroup.NotFound',
    );
  },

  'a security group of an instance cannot be deleted': async context => {
    const { GroupId } = await newGroup(context);
    const made = await run(context, { SecurityGroupIds: [GroupId] });
    expect(await refusal(context.ec2.send(new DeleteSecurityGroupCommand({ GroupId })))).toBe('DependencyViolation');
    await terminate(context.ec2, made);
    await context.ec2.send(new DeleteSecurityGroupCommand({ GroupId }));
  },

  'a key pair is imported once, found by its tags, and deleted twice': async ({ ec2 }) => {
    const KeyName = unique();
    const input = { KeyName, PublicKeyMaterial: Buffer.from(ed25519Line()) };
    const TagSpecifications = [{ ResourceType: 'key-pair' as const, Tags: [{ Key: 'pool', Value: KeyName }] }];
    const { KeyPairId } = await ec2.send(new ImportKeyPairCommand({ ...input, TagSpecifications }));
    expect(await refusal(ec2.send(new ImportKeyPairCommand(input)))).toBe('InvalidKeyPair.Duplicate');
    const Filters = [{ Name: 'tag:pool', Values: [KeyName] }];
    const { KeyPairs } = await ec2.send(new DescribeKeyPairsCommand({ Filters }));
    expect(KeyPairs!.map(key => key.KeyPairId)).toEqual([KeyPairId]);
    expect(KeyPairs![0]!.KeyType).toBe('ed25519');
    await ec2.send(new DeleteKeyPairCommand({ KeyName }));
    await ec2.send(new DeleteKeyPairCommand({ KeyName }));
    expect(await refusal(ec2.send(new DescribeKeyPairsCommand({ KeyNames: [KeyName] })))).toBe(
      'InvalidKeyPair.NotFound',
    );
  },

  'a launch template has versions, and a name of its own': async ({ ec2, imageId }) => {
    const LaunchTemplateName = unique();
    const input = { LaunchTemplateName, LaunchTemplateData: { ImageId: imageId } };
    await ec2.send(new CreateLaunchTemplateCommand(input));
    expect(await refusal(ec2.send(new CreateLaunchTemplateCommand(input)))).toBe(
      'InvalidLaunchTemplateName.AlreadyExistsException',
    );
    const { LaunchTemplateVersion } = await ec2.send(new CreateLaunchTemplateVersionCommand(input));
    expect(LaunchTemplateVersion!.VersionNumber).toBe(2);
    const LaunchTemplateNames = [LaunchTemplateName];
    const { LaunchTemplates } = await ec2.send(new DescribeLaunchTemplatesCommand({ LaunchTemplateNames }));
    expect(LaunchTemplates![0]).toMatchObject({ LatestVersionNumber: 2, DefaultVersionNumber: 1 });
    await ec2.send(new DeleteLaunchTemplateCommand({ LaunchTemplateName }));
    expect(await refusal(ec2.send(new DescribeLaunchTemplatesCommand({ LaunchTemplateNames })))).toBe(
      'InvalidLaunchTemplateName.NotFoundException',
    );
  },

  'tags come and go': async context => {
    const { ec2 } = context;
    const made = await run(context);
    const Resources = [made[0]!.InstanceId!];
    await once(ec2, Resources[0]!);
    const keep = [{ Key: 'megalith:keep', Value: 'a & b <c>' }];
    await ec2.send(new CreateTagsCommand({ Resources, Tags: keep }));
    expect((await once(ec2, Resources[0]!)).Tags).toEqual(keep);
    await ec2.send(new DeleteTagsCommand({ Resources, Tags: [{ Key: 'megalith:keep', Value: 'other' }] }));
    expect((await once(ec2, Resources[0]!)).Tags).toEqual(keep);
    await ec2.send(new DeleteTagsCommand({ Resources, Tags: [{ Key: 'megalith:keep' }] }));
    expect((await once(ec2, Resources[0]!)).Tags ?? []).toEqual([]);
    await terminate(ec2, made);
  },
};
