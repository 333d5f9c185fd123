import type { Account } from '../state/account.js';
import { ApiError } from '../wire/api-error.js';

/** What the services that speak awsJson1.1 are asked. */
export type JsonBody = Readonly<Record<string, unknown>>;

export type JsonAction = (account: Account, body: JsonBody) => JsonBody;

/** @throws ApiError ValidationException */
export function member(body: JsonBody, name: string): string {
  const value = body[name];
  if (typeof value !== 'string') throw new ApiError('ValidationException', `The request must contain ${name}.`);
  return value;
}

/** A page of a list, with a token that says where it goes on. */
export function jsonPage<T>(
  account: Account,
  body: JsonBody,
  items: readonly T[],
  largest: number,
): { readonly items: readonly T[]; readonly NextToken?: string } {
  const from = body.NextToken === undefined ? 0 : Number(body.NextToken);
  if (!Number.isInteger(from)) throw new ApiError('InvalidPaginationTokenException', 'The token is invalid.');
  const asked = typeof body.MaxResults === 'number' ? body.MaxResults : largest;
  const to = from + Math.min(asked, largest, account.pageSize ?? largest);
  return { items: items.slice(from, to), ...(to < items.length ? { NextToken: `${to}` } : {}) };
}
