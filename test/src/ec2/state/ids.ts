import { randomBytes } from 'node:crypto';

/** A new id, never given twice: `i-0` and 16 hex digits. */
export function newId(prefix: string): string {
  return `${prefix}-0${randomBytes(8).toString('hex')}`;
}
