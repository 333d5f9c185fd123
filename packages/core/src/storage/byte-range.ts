import { MegalithError } from '@megalith/agent';
import type { ByteRange } from './storage.js';

/** @throws MegalithError USAGE for what is no range of bytes */
export function requireRange({ start, end }: ByteRange): void {
  const isRange =
    Number.isSafeInteger(start) && start >= 0 && (end === undefined || (Number.isSafeInteger(end) && end >= start));
  if (isRange) return;
  throw new MegalithError('USAGE', `"${start}-${end ?? ''}" is no range of bytes`, {
    hint: 'both ends count from 0, and the last byte belongs to the range',
    details: { start, end },
  });
}

/** What of an object of so many bytes a range takes: from `start`, `length` bytes. */
export function within(
  range: ByteRange | undefined,
  bytes: number,
): { readonly start: number; readonly length: number } {
  const start = Math.min(range?.start ?? 0, bytes);
  const end = Math.min(range?.end ?? Infinity, bytes - 1);
  return { start, length: Math.max(0, end - start + 1) };
}
