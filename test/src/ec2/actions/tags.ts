import type { Account } from '../state/account.js';
import { checkCount, readTags, type Tags } from '../state/tags.js';
import { ApiError } from '../wire/api-error.js';
import { branches, text, texts } from '../wire/params.js';
import type { Action, Call } from './call.js';

export const createTags: Action = call => {
  const targets = targetsOf(call);
  const tags = readTags(call.params);
  if (call.faults.take('tags-lost') !== undefined) return { return: true };
  const merged = targets.map(target => new Map([...target, ...tags]));
  for (const all of merged) checkCount(all);
  for (const target of targets) for (const [key, value] of tags) target.set(key, value);
  return { return: true };
};

/** A tag named with a value goes only where it has that value; without any named, all of the user's own go. */
export const deleteTags: Action = call => {
  const named = branches(call.params, 'Tag').map(tag => ({ key: text(tag, 'Key'), value: tag.Value }));
  for (const target of targetsOf(call)) {
    for (const [key, value] of [...target]) {
      const isNamed = named.some(tag => tag.key === key && (tag.value === undefined || tag.value === value));
      if (isNamed || (named.length === 0 && !key.startsWith('aws:'))) target.delete(key);
    }
  }
  return { return: true };
};

function targetsOf({ account, params }: Call): Tags[] {
  const ids = texts(params, 'ResourceId');
  if (ids.length === 0) throw new ApiError('MissingParameter', 'The request must contain the parameter resourceIdSet');
  return ids.map(id => tagsOf(account, id));
}

function tagsOf(account: Account, id: string): Tags {
  const prefix = id.slice(0, id.indexOf('-'));
  if (prefix === 'i') return account.instancesNamed([id])[0]!.tags;
  const kinds: Readonly<Record<string, readonly [{ readonly tags: Tags } | undefined, string]>> = {
    vol: [account.volumes.get(id), 'InvalidVolume.NotFound'],
    sg: [account.groups.get(id), 'InvalidGroup.NotFound'],
    lt: [account.templates.get(id), 'InvalidLaunchTemplateId.NotFound'],
    key: [[...account.keyPairs.values()].find(key => key.id === id), 'InvalidKeyPair.NotFound'],
  };
  const [found, code] = kinds[prefix] ?? [undefined, 'InvalidID'];
  if (found === undefined) throw new ApiError(code, `The ID '${id}' is not valid`);
  return found.tags;
}
