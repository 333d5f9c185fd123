import { isMegalithError, parseDuration, parseSize } from '@megalith/core';
import * as z from 'zod';
import { isHostName } from './host-name.js';

// Of all of these: `allowed` completes the sentence "it must be …".

export const plain = (pattern: RegExp, allowed: string) =>
  z.string({ error: allowed }).regex(pattern, { error: allowed });
export const atLeast = (least: number, allowed: string, most = Number.MAX_SAFE_INTEGER) =>
  z.int({ error: allowed }).min(least, { error: allowed }).max(most, { error: allowed });

/** A value that a parser of core reads; it throws where it can't. */
function readBy(parse: (value: string | number) => number, allowed: string, least = 0) {
  return z.union([z.string(), z.number()], { error: allowed }).transform((value, context) => {
    try {
      const read = parse(value);
      if (read >= least) return read;
    } catch (error) {
      if (!isMegalithError(error)) throw error;
    }
    context.addIssue({ code: 'custom', message: allowed });
    return z.NEVER;
  });
}

export const size = readBy(parseSize, 'a size such as 64GiB', 1);
export const duration = readBy(parseDuration, 'a duration such as 10m or 7d');
export const path = plain(/^\P{Cc}+$/u, 'a path');
export const hostNamed = z
  .string({ error: 'the name of another host' })
  .refine(isHostName, { error: 'the name of another host' });
export const clearance = z.enum(['public', 'internal', 'confidential', 'restricted'], {
  error: 'one of public, internal, confidential, restricted',
});
