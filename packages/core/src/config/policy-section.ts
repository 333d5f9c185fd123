import { type Label, labels } from '@megalith/agent';
import * as z from 'zod';
import { label, named } from './config-values.js';

const regions = z.optional(
  z.array(named('a region such as eu-central-1'), { error: 'a list of regions such as [eu-central-1]; [] is none' }),
);

/** The section `policy` of a config file. */
export const policySection = z.strictObject(
  {
    default: z.optional(label),
    here: z.optional(label),
    tags: z.optional(z.record(z.string(), label, { error: 'a map from tags to labels' })),
    paths: z.optional(
      z.record(z.string(), named(`one of ${labels.join(', ')}, or a tag`), {
        error: 'a map from paths such as "/data/patients/**" to labels or tags',
      }),
    ),
    regions: z.optional(
      z.strictObject(
        { public: regions, internal: regions, confidential: regions, restricted: regions },
        { error: 'a map from labels to lists of regions' },
      ),
    ),
  },
  { error: 'a map' },
);

export interface PolicySection {
  readonly default?: Label;
  readonly here?: Label;
  readonly tags?: Readonly<Record<string, Label>>;
  /** By a path with `*` and `**`, as written: a label, or a tag. */
  readonly paths?: Readonly<Record<string, string>>;
  readonly regions?: Partial<Readonly<Record<Label, readonly string[]>>>;
}
