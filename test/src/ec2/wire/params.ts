import { ApiError } from './api-error.js';

/** The parameters of a request as a tree: `Filter.1.Name=x` is `{Filter: {1: {Name: 'x'}}}`. */
export interface Params {
  readonly [name: string]: string | Params;
}

export function parseForm(body: string): Params {
  const root: Record<string, string | Params> = {};
  for (const [path, value] of new URLSearchParams(body)) {
    const steps = path.split('.');
    let branch = root;
    for (const step of steps.slice(0, -1)) {
      const below = branch[step];
      const next: Record<string, string | Params> = typeof below === 'object' ? below : {};
      branch[step] = next;
      branch = next;
    }
    branch[steps.at(-1)!] = value;
  }
  return root;
}

export function text(params: Params, name: string): string | undefined {
  const value = params[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** @throws ApiError MissingParameter */
export function required(params: Params, name: string): string {
  const value = text(params, name);
  if (value === undefined) throw new ApiError('MissingParameter', `The request must contain the parameter ${name}`);
  return value;
}

/** @throws ApiError InvalidParameterValue */
export function whole(params: Params, name: string): number | undefined {
  const value = text(params, name);
  if (value === undefined) return undefined;
  if (!/^-?\d+$/.test(value))
    throw new ApiError('InvalidParameterValue', `Value (${value}) for parameter ${name} is invalid.`);
  return Number(value);
}

export function flag(params: Params, name: string): boolean | undefined {
  const value = text(params, name);
  return value === undefined ? undefined : value === 'true';
}

export function branch(params: Params, name: string): Params {
  const value = params[name];
  return typeof value === 'object' ? value : {};
}

/** The members of `Name.1`, `Name.2`, … that are texts. */
export function texts(params: Params, name: string): string[] {
  return members(params, name).filter(member => typeof member === 'string');
}

/** The members of `Name.1`, `Name.2`, … that are structures. */
export function branches(params: Params, name: string): Params[] {
  return members(params, name).filter(member => typeof member === 'object');
}

function members(params: Params, name: string): (string | Params)[] {
  return Object.entries(branch(params, name))
    .filter(([index]) => /^\d+$/.test(index))
    .sort(([one], [other]) => Number(one) - Number(other))
    .map(([, member]) => member);
}

/** A text that is the same for the same parameters, whatever their order; without the named ones. */
export function canonical(params: Params, without: readonly string[] = []): string {
  const sorted = (value: string | Params): unknown =>
    typeof value === 'string'
      ? value
      : Object.fromEntries(
          Object.keys(value)
            .sort()
            .map(key => [key, sorted(value[key]!)]),
        );
  return JSON.stringify(sorted(Object.fromEntries(Object.entries(params).filter(([name]) => !without.includes(name)))));
}
