import { isMegalithError, parseDuration, parseSize } from '@megalith/core';
import * as z from 'zod';
import { isHostName } from './host-name.js';

const plain = (pattern: RegExp, allowed: string) => z.string({ error: allowed }).regex(pattern, { error: allowed });
const atLeast = (least: number, allowed: string, most = Number.MAX_SAFE_INTEGER) =>
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

// Messages complete the sentence "it must be …".
const path = plain(/^\P{Cc}+$/u, 'a path');
const host = z.strictObject(
  {
    address: plain(/^[^\s@/\p{Cc}-][^\s@/\p{Cc}]*$/u, 'a DNS name or an IP address'),
    user: plain(/^[^\s:@\p{Cc}-][^\s:@\p{Cc}]*$/u, 'the name of a user on the host'),
    port: z.optional(atLeast(1, 'a whole number from 1 to 65535', 65_535)),
    identityFile: z.optional(path),
    hostKeys: z.optional(
      z.array(
        plain(/^SHA256:[A-Za-z0-9+/]{43}$/, 'a fingerprint as "ssh-keygen -lf" prints it: "SHA256:" and 43 characters'),
        { error: 'a list of fingerprints such as ["SHA256:…"]' },
      ),
    ),
    jump: z.optional(
      z.string({ error: 'the name of another host' }).refine(isHostName, { error: 'the name of another host' }),
    ),
    cpus: z.optional(atLeast(1, 'a whole number from 1')),
    memory: z.optional(readBy(parseSize, 'a size such as 64GiB', 1)),
    clearance: z.optional(
      z.enum(['public', 'internal', 'confidential', 'restricted'], {
        error: 'one of public, internal, confidential, restricted',
      }),
    ),
    folder: z.optional(path),
  },
  { error: 'a map with at least address and user' },
);

const duration = readBy(parseDuration, 'a duration such as 10m or 7d');
const agent = z.strictObject(
  {
    idle: z.optional(duration),
    keepJobs: z.optional(atLeast(0, 'a whole number from 0')),
    keepFor: z.optional(duration),
  },
  { error: 'a map' },
);

/** A section with nothing under it is as one left out. */
const section = <T extends z.ZodType>(type: T) => z.optional(z.nullable(type));

export const configSchema = z.strictObject(
  {
    hosts: section(z.record(z.string(), host, { error: 'a map from the name of each host to what it is' })),
    agent: section(agent),
  },
  { error: 'a map with the sections hosts and agent' },
);

/** The keys that may stand in the map at a path of the file. */
export function knownKeys(at: readonly PropertyKey[]): string[] {
  if (at.length === 0) return Object.keys(configSchema.shape);
  return Object.keys(at[0] === 'hosts' ? host.shape : agent.shape);
}
