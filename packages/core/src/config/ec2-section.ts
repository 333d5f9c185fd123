import * as z from 'zod';
import {
  atLeast,
  awsRegion,
  duration,
  endpoint,
  hostNamed,
  label,
  listOf,
  oneOf,
  owner,
  plain,
  size,
  word,
} from './config-values.js';

const money = z
  .number({ error: 'a number of US dollars above 0' })
  .positive({ error: 'a number of US dollars above 0' });

/** The section `ec2` of a config file. */
export const ec2Section = z.strictObject(
  {
    region: awsRegion,
    endpoint: endpoint('the URL of an API that speaks for EC2'),
    owner,
    clearance: z.optional(label),
    types: z.optional(
      listOf(plain(/^[a-z0-9*.-]+$/, 'a type such as r6i.32xlarge, or r6i.*'), 'a list of types such as ["r6i.*"]'),
    ),
    archs: z.optional(listOf(oneOf(['x64', 'arm64']), 'a list of x64 and arm64')),
    markets: z.optional(
      listOf(oneOf(['on-demand', 'spot']), 'a list of on-demand and spot, in the order in which they are tried'),
    ),
    maxUsdPerHour: z.optional(money),
    maxUsdPerDay: z.optional(money),
    image: z.optional(
      plain(
        /^(ami-[0-9a-f]{8,17}|\/[\w./{}-]+)$/,
        'an id such as ami-0123456789abcdef0, or the path of an SSM parameter',
      ),
    ),
    imageOwners: z.optional(
      listOf(
        plain(/^(\d{12}|self|amazon|aws-marketplace)$/, 'an account of 12 digits, self or amazon'),
        'a list of accounts',
      ),
    ),
    user: z.optional(plain(/^[a-z_][a-z0-9_-]{0,31}$/, 'the name of a user of the image, such as ec2-user')),
    subnets: z.optional(
      listOf(plain(/^subnet-[0-9a-f]+$/, 'an id such as subnet-0123456789abcdef0'), 'a list of subnets'),
    ),
    securityGroup: z.optional(plain(/^sg-[0-9a-f]+$/, 'an id such as sg-0123456789abcdef0')),
    admit: z.optional(word('an address or a block such as 203.0.113.7/32')),
    address: z.optional(oneOf(['public', 'private'])),
    jump: z.optional(hostNamed),
    port: z.optional(atLeast(1, 'a whole number from 1 to 65535', 65_535)),
    keyType: z.optional(oneOf(['ed25519', 'rsa'])),
    disk: z.optional(size),
    maxLifetime: z.optional(duration),
    idle: z.optional(duration),
    keepResults: z.optional(duration),
    whenIdle: z.optional(oneOf(['terminate', 'stop', 'auto'])),
    bootWithin: z.optional(duration),
    instanceProfile: z.optional(word('the name of an instance profile')),
  },
  { error: 'a map with at least a region' },
);

/** What one file says of EC2, as it stands there but for sizes (bytes) and durations (milliseconds). */
export type Ec2Section = z.infer<typeof ec2Section>;
