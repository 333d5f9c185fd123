import type { Tag } from '@aws-sdk/client-ec2';
import { ourTag } from './tags.js';

/** Who made something that stands beside machines, and when: not all of it has a time that EC2 keeps. */
export interface CompanionTags {
  readonly owner: string;
  /** Epoch milliseconds, by the clock of the client that made it. */
  readonly createdAt?: number;
  /** The intent that it was made for, where it serves one machine only. */
  readonly intent?: string;
  /** What people set to keep it: the reason, in words. */
  readonly keep?: string;
}

/** The tags of what serves all machines of an owner, for the call that makes it. */
export function companionTags(owner: string, now: number): Tag[] {
  return [
    { Key: ourTag, Value: '1' },
    { Key: `${ourTag}:owner`, Value: owner },
    { Key: `${ourTag}:created`, Value: new Date(now).toISOString() },
  ];
}

/** Undefined for what is not ours, or does not say whose it is. */
export function readCompanionTags(tags: readonly Tag[] | undefined): CompanionTags | undefined {
  const values = new Map((tags ?? []).map(({ Key, Value }) => [Key, Value ?? '']));
  const owner = values.get(`${ourTag}:owner`);
  if (!values.has(ourTag) || owner === undefined) return undefined;
  const createdAt = Date.parse(values.get(`${ourTag}:created`) ?? '');
  const intent = values.get(`${ourTag}:intent`);
  const keep = values.get(`${ourTag}:keep`);
  return {
    owner,
    ...(Number.isNaN(createdAt) ? {} : { createdAt }),
    ...(intent === undefined ? {} : { intent }),
    ...(keep === undefined ? {} : { keep }),
  };
}

/** A name that EC2 takes for key pairs and groups, which tells people whose it is; the digest keeps owners with alike names apart. */
export function companionName(owner: string, digest: string): string {
  const readable = owner.replace(/[^A-Za-z0-9]+/g, '-').replace(/^-+|-+$/g, '');
  return ['megalith', readable.slice(0, 60), digest].filter(part => part !== '').join('-');
}
