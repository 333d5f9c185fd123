import { isMegalithError, labels } from '@megalith/agent';
import * as z from 'zod';
import { parseDuration } from './duration.js';
import { isHostName } from './host-name.js';
import { parseSize } from './size.js';

// Of all of these: `allowed` completes the sentence "it must be …".

export const plain = (pattern: RegExp, allowed: string) =>
  z.string({ error: allowed }).regex(pattern, { error: allowed });
export const atLeast = (least: number, allowed: string, most = Number.MAX_SAFE_INTEGER) =>
  z.int({ error: allowed }).min(least, { error: allowed }).max(most, { error: allowed });
export const listOf = <T extends z.ZodType>(type: T, allowed: string) =>
  z.array(type, { error: allowed }).min(1, { error: allowed });
export const oneOf = <const T extends readonly [string, ...string[]]>(words: T) =>
  z.enum(words, { error: `one of ${words.join(', ')}` });
export const word = (allowed: string) => plain(/^[^\s\p{Cc}]+$/u, allowed);
/** A name by the rule of `isHostName`. */
export const named = (allowed: string) => z.string({ error: allowed }).refine(isHostName, { error: allowed });

/** A value that a parser reads; it throws where it can't. */
function readBy(parse: (value: string | number) => number, allowed: string, least: number, most: number) {
  return z.union([z.string(), z.number()], { error: allowed }).transform((value, context) => {
    try {
      const read = parse(value);
      if (read >= least && read <= most) return read;
    } catch (error) {
      if (!isMegalithError(error)) throw error;
    }
    context.addIssue({ code: 'custom', message: allowed });
    return z.NEVER;
  });
}

export const sizeFrom = (least: number, most: number, allowed: string) => readBy(parseSize, allowed, least, most);
export const size = sizeFrom(1, Number.MAX_SAFE_INTEGER, 'a size such as 64GiB');
export const durationFrom = (least: number, most: number, allowed: string) =>
  readBy(parseDuration, allowed, least, most);
export const duration = durationFrom(0, Number.MAX_SAFE_INTEGER, 'a duration such as 10m or 7d');
export const path = plain(/^\P{Cc}+$/u, 'a path');
export const hostNamed = named('the name of another host');
export const label = oneOf(labels);
/** A region of AWS. */
export const awsRegion = plain(/^[a-z]{2}(-[a-z]+)+-\d$/, 'a region such as us-east-1');
/** Of an API or a store, in place of AWS's own. */
export const endpoint = (allowed: string) => z.optional(plain(/^https?:\/\/\S+$/, allowed));
export const owner = z.optional(plain(/^[\w.@:/+=-]{1,200}$/, 'up to 200 letters, digits and . _ @ : / + = -'));
