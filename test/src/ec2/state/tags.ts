import { ApiError } from '../wire/api-error.js';
import { branches, type Params, text } from '../wire/params.js';
import type { XmlValue } from '../wire/xml.js';

export type Tags = Map<string, string>;

/** Tags as `Tag.1.Key`, `Tag.1.Value`, … say them. @throws ApiError for what AWS does not allow as a tag */
export function readTags(params: Params): Tags {
  const tags: Tags = new Map();
  for (const tag of branches(params, 'Tag')) {
    const key = text(tag, 'Key') ?? '';
    const value = text(tag, 'Value') ?? '';
    if (key === '' || [...key].length > 128)
      throw new ApiError('InvalidParameterValue', 'Tag keys have 1 to 128 characters.');
    if ([...value].length > 256)
      throw new ApiError('InvalidParameterValue', `The value of tag '${key}' exceeds the maximum of 256 characters.`);
    if (key.startsWith('aws:'))
      throw new ApiError('InvalidParameterValue', "Tag keys starting with 'aws:' are reserved for internal use");
    if (tags.has(key)) throw new ApiError('InvalidParameterValue', `Duplicate tag key '${key}' specified.`);
    tags.set(key, value);
  }
  checkCount(tags);
  return tags;
}

/** @throws ApiError TagLimitExceeded */
export function checkCount(tags: Tags): void {
  if ([...tags.keys()].filter(key => !key.startsWith('aws:')).length > 50)
    throw new ApiError('TagLimitExceeded', 'More than 50 tags specified');
}

/** `TagSpecification.1.ResourceType`, … by kind of resource. @throws ApiError for a kind that the call does not create */
export function readTagSpecifications(params: Params, kinds: readonly string[]): Map<string, Tags> {
  const byKind = new Map<string, Tags>();
  for (const specification of branches(params, 'TagSpecification')) {
    const kind = text(specification, 'ResourceType') ?? '';
    if (!kinds.includes(kind))
      throw new ApiError(
        'InvalidParameterValue',
        `'${kind}' is not a valid taggable resource type for this operation.`,
      );
    byKind.set(kind, new Map([...(byKind.get(kind) ?? []), ...readTags(specification)]));
  }
  return byKind;
}

export function tagSet(tags: Tags): XmlValue {
  return tags.size === 0 ? undefined : [...tags].map(([key, value]) => ({ key, value }));
}
