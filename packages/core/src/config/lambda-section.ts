import * as z from 'zod';
import {
  atLeast,
  awsRegion,
  durationFrom,
  endpoint,
  label,
  listOf,
  named,
  oneOf,
  owner,
  plain,
  sizeFrom,
} from './config-values.js';
import type { Defined } from './defined.js';

const mib = 2 ** 20;

/** The section `lambda` of a config file. Limits are AWS's: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
export const lambdaSection = z.strictObject(
  {
    region: awsRegion,
    endpoint: endpoint('the URL of an API that speaks for Lambda'),
    role: plain(
      /^arn:aws[\w-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/,
      'the ARN of a role such as arn:aws:iam::123456789012:role/megalith',
    ),
    clearance: z.optional(label),
    arch: z.optional(oneOf(['arm64', 'x64'])),
    memory: z.optional(
      listOf(
        sizeFrom(128 * mib, 10_240 * mib, 'a size from 128MiB to 10GiB'),
        'a list of sizes such as [1769MiB, 10GiB]',
      ),
    ),
    owner,
    concurrency: z.optional(atLeast(1, 'a whole number from 1')),
    timeout: z.optional(durationFrom(1000, 900_000, 'a duration from 1s to 15m')),
    tmp: z.optional(sizeFrom(512 * mib, 10_240 * mib, 'a size from 512MiB to 10GiB')),
    runtime: z.optional(plain(/^nodejs\d+\.x$/, 'a runtime such as nodejs22.x')),
    store: z.optional(named('the name of a store')),
  },
  { error: 'a map with at least region and role' },
);

/** What one file says of Lambda, as it stands there but for sizes (bytes) and durations (milliseconds). */
export type LambdaSection = Defined<z.infer<typeof lambdaSection>>;
