import { labels } from '@megalith/agent';
import * as z from 'zod';
import { atLeast, duration, hostNamed, label, named, path, plain, size } from './config-values.js';
import { ec2Section } from './ec2-section.js';
import { lambdaSection } from './lambda-section.js';
import { policySection } from './policy-section.js';
import { storeSection } from './store-section.js';

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
    jump: z.optional(hostNamed),
    cpus: z.optional(atLeast(1, 'a whole number from 1')),
    memory: z.optional(size),
    clearance: z.optional(label),
    region: z.optional(named('a region such as eu-central-1')),
    folder: z.optional(path),
  },
  { error: 'a map with at least address and user' },
);

const agent = z.strictObject(
  {
    idle: z.optional(duration),
    keepJobs: z.optional(atLeast(0, 'a whole number from 0')),
    keepFor: z.optional(duration),
  },
  { error: 'a map' },
);

const history = z.strictObject({ store: named('the name of a store') }, { error: 'a map with a store' });

const data = z.strictObject({ store: named('the name of a store') }, { error: 'a map with a store' });

/** A section with nothing under it is as one left out. */
const section = <T extends z.ZodType>(type: T) => z.optional(z.nullable(type));

export const configSchema = z.strictObject(
  {
    hosts: section(z.record(z.string(), host, { error: 'a map from the name of each host to what it is' })),
    agent: section(agent),
    ec2: section(ec2Section),
    lambda: section(lambdaSection),
    policy: section(policySection),
    stores: section(z.record(z.string(), storeSection, { error: 'a map from the name of each store to what it is' })),
    history: section(history),
    data: section(data),
    prices: section(path),
  },
  { error: 'a map with sections such as hosts, policy, ec2 and lambda' },
);

/** The keys that may stand in the map at a path of the file. */
export function knownKeys(at: readonly PropertyKey[]): readonly string[] {
  if (at.length === 0) return Object.keys(configSchema.shape);
  const [name, key] = at;
  if (name === 'policy' && key === 'regions') return labels;
  const shapes = {
    hosts: host.shape,
    agent: agent.shape,
    ec2: ec2Section.shape,
    lambda: lambdaSection.shape,
    policy: policySection.shape,
    stores: storeSection.shape,
    history: history.shape,
    data: data.shape,
  };
  return Object.keys(shapes[name as keyof typeof shapes] ?? {});
}
