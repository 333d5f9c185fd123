import * as z from 'zod';
import { endpoint, label, plain } from './config-values.js';

/** One store of the section `stores` of a config file. */
export const storeSection = z.strictObject(
  {
    url: plain(
      /^(s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/[^\s\p{Cc}]*)?|file:\/\/\/\P{Cc}+)$/u,
      's3://BUCKET/PREFIX or file:///FOLDER',
    ),
    region: z.optional(plain(/^[A-Za-z0-9][A-Za-z0-9-]*$/, 'a region such as eu-central-1')),
    endpoint: endpoint('the URL of an API that speaks for S3'),
    clearance: z.optional(label),
  },
  { error: 'a map with at least url' },
);

/** What one file says of a store, as it stands there. */
export type StoreSection = z.infer<typeof storeSection>;
