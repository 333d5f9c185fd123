import { ApiError } from '../wire/api-error.js';
import { text, whole } from '../wire/params.js';
import type { Call } from './call.js';

interface PageLimits {
  /** Of MaxResults. @defaultValue 5 */
  readonly min?: number;
  /** Of MaxResults. @defaultValue 1000 */
  readonly max?: number;
  /** Without MaxResults. @defaultValue no limit */
  readonly unasked?: number;
}

interface Page<T> {
  readonly items: readonly T[];
  readonly nextToken: string | undefined;
}

/** The part of the items that the request asks for. A token names the item before, so that what vanishes meanwhile shifts nothing. */
export function page<T>(
  { account, action, params }: Call,
  items: readonly T[],
  limits: PageLimits = {},
  sequenceOf: (item: T, index: number) => number = (_item, index) => index,
): Page<T> {
  const { min = 5, max = 1000, unasked = Number.POSITIVE_INFINITY } = limits;
  const asked = whole(params, 'MaxResults');
  if (asked !== undefined && (asked < min || asked > max)) {
    const expected = asked < min ? `greater than or equal to ${min}` : `less than or equal to ${max}`;
    throw new ApiError(
      'InvalidParameterValue',
      `Value ( ${asked} ) for parameter maxResults is invalid. Expecting a value ${expected}.`,
    );
  }
  const after = readToken(action, text(params, 'NextToken'));
  const size = Math.min(asked ?? unasked, account.pageSize ?? Number.POSITIVE_INFINITY);
  const rest = items
    .map((item, index) => ({ item, sequence: sequenceOf(item, index) }))
    .filter(({ sequence }) => sequence > after);
  const here = rest.slice(0, size);
  const nextToken =
    here.length < rest.length ? Buffer.from(`${action} ${here.at(-1)!.sequence}`).toString('base64url') : undefined;
  return { items: here.map(({ item }) => item), nextToken };
}

function readToken(action: string, token: string | undefined): number {
  if (token === undefined) return -1;
  const [of, sequence] = Buffer.from(token, 'base64url').toString().split(' ');
  if (of !== action || sequence === undefined || !/^\d+$/.test(sequence))
    throw new ApiError('InvalidNextToken', 'The token in the request is not valid.');
  return Number(sequence);
}
