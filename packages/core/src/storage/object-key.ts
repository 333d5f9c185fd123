import { MegalithError, ownFolder } from '@megalith/agent';

/** S3 allows 1,024 bytes; the rest is for the prefix of a store. */
const longestKeyBytes = 800;
/** What file systems allow for one name. */
const longestPartBytes = 255;

/** Characters that some store, or its listings as XML, cannot hold. */
const unfit = /[\p{Cc}\\\ufffe\uffff]/u;

/**
 * A key is a relative path: parts of 1 to 255 bytes with `/` between, 800 bytes in all; no part is `.` or `..`, no character is a control character,
 * a backslash or half of a pair, and the first part is not `.megalith`.
 * @throws MegalithError USAGE
 */
export function requireKey(key: string): void {
  const wrong = wrongWith(key);
  if (wrong !== undefined) throw notAKey(key, wrong);
}

export function isKey(key: string): boolean {
  return wrongWith(key) === undefined;
}

/**
 * The beginning of keys, cut anywhere: `a/b` is one of `a/b`, `a/bc` and `a/b/c`. Empty: of all.
 * @throws MegalithError USAGE
 */
export function requirePrefix(prefix: string): void {
  if (prefix === '') return;
  // Whatever is the beginning of a key is one itself with one more character.
  const wrong = wrongWith(prefix.endsWith('/') || /(^|\/)\.{1,2}$/.test(prefix) ? `${prefix}a` : prefix);
  if (wrong !== undefined && prefix !== ownFolder) throw notAKey(prefix, wrong);
}

/** The order of keys, as S3 has it: by their UTF-8 bytes. */
export function compareKeys(one: string, other: string): number {
  // Strings compare by UTF-16, which is another order only where both have characters from up there.
  if (high.test(one) && high.test(other)) return Buffer.compare(Buffer.from(one), Buffer.from(other));
  return one < other ? -1 : one > other ? 1 : 0;
}

const high = /[\ud800-\uffff]/;

function wrongWith(key: string): string | undefined {
  const parts = key.split('/');
  if (Buffer.byteLength(key) > longestKeyBytes) return `is longer than ${longestKeyBytes} bytes`;
  if (!key.isWellFormed() || unfit.test(key)) return 'has a character that stores cannot hold';
  if (parts.includes('')) return 'has an empty part';
  if (parts.includes('.') || parts.includes('..')) return 'has a part that is "." or ".."';
  if (parts.some(part => Buffer.byteLength(part) > longestPartBytes)) {
    return `has a part of more than ${longestPartBytes} bytes`;
  }
  return parts[0] === ownFolder ? `lies in "${ownFolder}", which is the store's own` : undefined;
}

function notAKey(key: string, wrong: string): MegalithError {
  const shown = JSON.stringify(key.length > 100 ? `${key.slice(0, 100)}…` : key);
  return new MegalithError('USAGE', `${shown} is no key of a stored object: it ${wrong}`, {
    hint: 'a key is a relative path, such as "jobs/1/result"',
    details: { key },
  });
}
