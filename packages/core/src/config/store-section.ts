import type { Label } from '@megalith/agent';
import * as z from 'zod';
import { endpoint, label, plain } from './config-values.js';
import type { Defined } from './defined.js';

const kinds = [
  /s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/[^\s\p{Cc}]*)?/u,
  /rediss?:\/\/[^\s\p{Cc}]+/u,
  /azure:\/\/[a-z0-9]{3,24}\/[a-z0-9](-?[a-z0-9]){2,62}(\/[^\s\p{Cc}]*)?/u,
  /(?!(s3|rediss?|azure):)[a-z][a-z0-9+.-]*:\/\/[^\s\p{Cc}]+/u,
  /(\.{0,2}|~)\/\P{Cc}*/u,
];
const url = new RegExp(`^(${kinds.map(({ source }) => source).join('|')})$`, 'u');
const allowed =
  's3://BUCKET/PREFIX, azure://ACCOUNT/CONTAINER/PREFIX, redis://HOST, file:///FOLDER, or the path of a folder that begins with /, ./ or ~/';

/** Config files are read by many, and kept where passwords should not be. */
const hasPassword = /^[^/]*:\/\/[^/]*:[^/]*@/;

/** One store of the section `stores` of a config file. */
export const storeSection = z.strictObject(
  {
    url: plain(url, allowed).refine(value => !hasPassword.test(value), {
      error: 'a URL without a password: give that by REDIS_PASSWORD in the environment',
    }),
    region: z.optional(plain(/^[A-Za-z0-9][A-Za-z0-9-]*$/, 'a region such as eu-central-1')),
    endpoint: endpoint('the URL of an API that speaks for S3 or for Azure'),
    pathStyle: z.optional(z.boolean({ error: 'true or false' })),
    clearance: z.optional(label),
  },
  { error: 'a map with at least url' },
);

/** What one file says of a store, as it stands there. */
export type StoreSection = Defined<z.infer<typeof storeSection>>;

/** A store as all files together have it: what `openStore` takes, but for its name. */
export interface StoreEntry extends Omit<StoreSection, 'clearance'> {
  /** The highest label of data that may lie there. @defaultValue 'internal' */
  readonly clearance: Label;
}
