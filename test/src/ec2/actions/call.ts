import type { RequestFaults } from '../faults.js';
import type { Account } from '../state/account.js';
import { ApiError } from '../wire/api-error.js';
import { canonical, type Params, text } from '../wire/params.js';
import type { XmlTree } from '../wire/xml.js';

/** One request to EC2. */
export interface Call {
  readonly account: Account;
  readonly action: string;
  readonly params: Params;
  readonly faults: RequestFaults;
}

/** What an action does, all at once: no other request sees it half done. @throws ApiError */
export type Action = (call: Call) => XmlTree;

export type Actions = Readonly<Record<string, Action>>;

/**
 * What the call makes; with a client token that was used before, what the earlier one made.
 * @throws ApiError IdempotentParameterMismatch
 */
export function idempotent<T>({ account, action, params }: Call, make: () => T): T {
  const token = text(params, 'ClientToken');
  if (token === undefined) return make();
  if (token.length > 64) throw new ApiError('InvalidParameterValue', 'The client token has more than 64 characters.');
  const key = `${action} ${token}`;
  const request = canonical(params);
  const known = account.tokens.get(key);
  if (known === undefined) {
    const made = make();
    account.tokens.set(key, { request, made });
    return made;
  }
  if (known.request !== request)
    throw new ApiError(
      'IdempotentParameterMismatch',
      'Arguments on this idempotent request are inconsistent with arguments used in previous request(s).',
    );
  return known.made as T;
}
