import type { KeyPairInfo, LaunchTemplate, SecurityGroup, Volume } from '@aws-sdk/client-ec2';
import type { Leftover } from '../../pool/cloud.js';
import type { CloudMachine } from '../../pool/cloud-machine.js';
import type { LaunchIntent } from '../../pool/launch-intent.js';
import { type CompanionTags, readCompanionTags } from './companion-tags.js';

/** Something of ours that stands beside machines. */
export interface Companion {
  readonly kind: Leftover['kind'];
  /** What EC2 takes to remove it: never a name. */
  readonly id: string;
  /** What a launch may call it instead. */
  readonly name?: string;
  readonly tags: CompanionTags;
  /** Epoch milliseconds; undefined where nobody knows. */
  readonly createdAt: number | undefined;
  /** EC2 says that something has it now. */
  readonly isAttached: boolean;
}

/** A machine that may use it. */
export interface UsingMachine extends Pick<CloudMachine, 'id' | 'state' | 'region'> {
  readonly tags: Pick<CloudMachine['tags'], 'owner' | 'intent'>;
}

export interface LeftoverQuestion {
  readonly companions: readonly Companion[];
  readonly machines: readonly UsingMachine[];
  readonly intents: readonly Pick<LaunchIntent, 'id' | 'owner' | 'region' | 'closedAt'>[];
  readonly owner: string;
  readonly region: string;
  /** What this client needs for its next machine, by id or name. */
  readonly kept: readonly string[];
  /** Epoch milliseconds. */
  readonly now: number;
  /** What is younger may belong to a launch that is under way elsewhere, milliseconds. @defaultValue 24 h */
  readonly minAgeMs?: number;
}

const dayMs = 24 * 3_600_000;

/**
 * What of ours nobody needs any more. It is of this owner, old enough, attached to nothing, and neither a machine that is not `terminated` nor an open intent
 * of the owner in the region may use it. In doubt it stays: what is left costs little, what is missing fails a launch.
 */
export function leftoversOf(question: LeftoverQuestion): readonly Leftover[] {
  const { owner, region, now, minAgeMs = dayMs } = question;
  const living = question.machines.filter(
    machine => machine.state !== 'terminated' && machine.tags.owner === owner && machine.region === region,
  );
  const open = question.intents.filter(
    intent => intent.closedAt === undefined && intent.owner === owner && intent.region === region,
  );
  return question.companions.flatMap(companion => {
    const { tags, createdAt } = companion;
    if (tags.owner !== owner || tags.keep !== undefined || companion.isAttached) return [];
    if (createdAt === undefined || !(now - createdAt >= minAgeMs)) return [];
    if (isNamed(companion, question.kept)) return [];
    if (living.some(machine => mayUse(machine, companion))) return [];
    // An intent has not yet said which key pair and group it takes.
    if (open.some(intent => tags.intent === undefined || tags.intent === intent.id)) return [];
    const days = Math.floor((now - createdAt) / dayMs);
    const age = days === 0 ? 'for less than a day' : days === 1 ? 'for a day' : `for ${days} days`;
    return [{ kind: companion.kind, id: companion.id, why: `there ${age}, and no machine or launch uses it` }];
  });
}

/** What was made for no launch alone, any machine of the owner may use. */
function mayUse({ tags }: UsingMachine, companion: Companion): boolean {
  return companion.tags.intent === undefined || companion.tags.intent === tags.intent;
}

function isNamed({ id, name }: Companion, list: readonly string[]): boolean {
  return list.includes(id) || (name !== undefined && list.includes(name));
}

/** What EC2 lists, as far as it is tagged with an owner of ours. */
export function companionsOf(described: {
  readonly keyPairs?: readonly KeyPairInfo[];
  readonly securityGroups?: readonly SecurityGroup[];
  readonly launchTemplates?: readonly LaunchTemplate[];
  readonly volumes?: readonly Volume[];
}): readonly Companion[] {
  return [
    ...(described.keyPairs ?? []).flatMap(each =>
      companion('key pair', each.KeyPairId, each.KeyName, each.Tags, each.CreateTime),
    ),
    ...(described.securityGroups ?? []).flatMap(each =>
      companion('security group', each.GroupId, each.GroupName, each.Tags, undefined),
    ),
    ...(described.launchTemplates ?? []).flatMap(each =>
      companion('launch template', each.LaunchTemplateId, each.LaunchTemplateName, each.Tags, each.CreateTime),
    ),
    ...(described.volumes ?? []).flatMap(each =>
      companion('volume', each.VolumeId, undefined, each.Tags, each.CreateTime, each.State !== 'available'),
    ),
  ];
}

function companion(
  kind: Companion['kind'],
  id: string | undefined,
  name: string | undefined,
  awsTags: KeyPairInfo['Tags'],
  made: Date | undefined,
  isAttached = false,
): Companion[] {
  const tags = readCompanionTags(awsTags);
  if (id === undefined || tags === undefined) return [];
  const createdAt = made?.getTime() ?? tags.createdAt;
  return [{ kind, id, ...(name !== undefined && { name }), tags, createdAt, isAttached }];
}
