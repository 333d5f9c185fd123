import type { Label } from '@megalith/agent';
import * as z from 'zod';
import { endpoint, label, plain } from './config-values.js';
import type { Defined } from './defined.js';

const url =
  /^(s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/[^\s\p{Cc}]*)?|(?!s3:)[a-z][a-z0-9+.-]*:\/\/[^\s\p{Cc}]+|(\.{0,2}|~)\/\P{Cc}*)$/u;

/** One store of the section `stores` of a config file. */
export const storeSection = z.strictObject(
  {
    url: plain(url, 's3://BUCKET/PREFIX, file:///FOLDER, or the path of a folder that begins with /, ./ or ~/'),
    region: z.optional(plain(/^[A-Za-z0-9][A-Za-z0-9-]*$/, 'a region such as eu-central-1')),
    endpoint: endpoint('the URL of an API that speaks for S3'),
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
