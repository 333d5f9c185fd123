import { MegalithError } from '@megalith/agent';
import { isKey } from './object-key.js';

/** What `azure://account/container/prefix` names. */
export interface AzurePlace {
  readonly url: string;
  readonly account: string;
  readonly container: string;
  /** Before every key; empty, or with a slash at its end. */
  readonly prefix: string;
}

/** With a key of 800 bytes behind it one of Azure's 1,024 characters. */
const longestPrefixBytes = 200;

/** @throws MegalithError CONFIG */
export function azurePlace(url: string): AzurePlace {
  const [, account, container, rest = ''] =
    /^azure:\/\/([a-z0-9]{3,24})\/([a-z0-9](?:-?[a-z0-9]){2,62})(?:\/(.*))?$/.exec(url) ?? [];
  const prefix = rest.replace(/\/$/, '');
  const isPrefix = prefix === '' || (isKey(prefix) && Buffer.byteLength(prefix) <= longestPrefixBytes);
  if (account === undefined || container === undefined || !isPrefix) {
    // What stands before the account may be a key of it.
    const shown = url.replace(/(:\/\/).*@/s, '$1');
    throw new MegalithError('CONFIG', `"${shown}" names no container`, {
      hint: 'write azure://account/container or azure://account/container/prefix; a prefix has no empty parts and 200 bytes at most',
      details: { url: shown },
    });
  }
  const base = `azure://${account}/${container}`;
  return prefix === ''
    ? { url: base, account, container, prefix }
    : { url: `${base}/${prefix}`, account, container, prefix: `${prefix}/` };
}
