import { isOwnedBy, ownerTag, parseFunctionName, usedTag } from './function-name.js';
import type { ListedFunction } from './lambda-api.js';

/** What is looked for among an account's functions. */
export interface OldRule {
  readonly owner: string;
  /** Of the client that asks: its functions stay. */
  readonly version: string;
  /** Those of other versions stay until they were neither made nor used for so long, milliseconds. */
  readonly olderThanMs: number;
  /** Epoch milliseconds. */
  readonly today: number;
}

/** Whether a function is that owner's and of a version that nobody is likely to use, as far as a listing tells. */
export function isOld({ name, modifiedAt }: ListedFunction, rule: OldRule): boolean {
  if (!isOwnedBy(name, rule.owner)) return false;
  return parseFunctionName(name)?.version !== rule.version && rule.today - modifiedAt >= rule.olderThanMs;
}

/** The last look before a function is deleted: names can be alike by chance, tags are ours. */
export function isMarkedAs(tags: Readonly<Record<string, string>>, owner: string): boolean {
  return tags[ownerTag] === owner;
}

/** Whether no client has said within the rule's time that it uses the function. */
export function isUnused(tags: Readonly<Record<string, string>>, { today, olderThanMs }: OldRule): boolean {
  const usedAt = Number(tags[usedTag] ?? Number.NEGATIVE_INFINITY);
  return Number.isNaN(usedAt) || today - usedAt >= olderThanMs;
}
