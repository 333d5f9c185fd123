import { matches } from '../faults.js';
import type { Tags } from '../state/tags.js';
import { ApiError } from '../wire/api-error.js';
import { branches, text, texts } from '../wire/params.js';
import type { Call } from './call.js';

/** What a filter of this name looks at. */
export type FilterFields<T> = Readonly<Record<string, (item: T) => FilterValue | readonly FilterValue[]>>;

type FilterValue = string | number | boolean | undefined;

/** The items that fit every filter of the request by any of its values, `*` and `?` stand for anything. @throws ApiError for a filter that there is not */
export function filtered<T>(
  { params }: Call,
  items: readonly T[],
  fields: FilterFields<T>,
  tagsOf?: (item: T) => Tags,
): T[] {
  const tests = branches(params, 'Filter').map(filter => {
    const name = text(filter, 'Name') ?? '';
    const globs = texts(filter, 'Value');
    const values = valuesOf(name, fields, tagsOf);
    return (item: T) =>
      values(item).some(value => value !== undefined && globs.some(glob => matches(glob, `${value}`)));
  });
  return items.filter(item => tests.every(fits => fits(item)));
}

function valuesOf<T>(
  name: string,
  fields: FilterFields<T>,
  tagsOf: ((item: T) => Tags) | undefined,
): (item: T) => readonly FilterValue[] {
  if (tagsOf !== undefined && name.startsWith('tag:')) return item => [tagsOf(item).get(name.slice(4))];
  if (tagsOf !== undefined && name === 'tag-key') return item => [...tagsOf(item).keys()];
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (field === undefined) throw new ApiError('InvalidParameterValue', `The filter '${name}' is invalid`);
  return item => [field(item)].flat() as FilterValue[];
}
