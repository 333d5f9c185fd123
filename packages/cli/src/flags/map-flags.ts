import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { fetchFlag, jobFlags } from './job-flags.js';

/** What `map` takes, and `plan map`. */
export const mapArgs = {
  function: Args.string({ required: true, description: 'MODULE#EXPORT: where the function is', ignoreStdin: true }),
};

export const mapFlags = {
  ...jobFlags,
  data: Flags.string({
    required: true,
    description: 'FILE.json, .ndjson, .jsonl or .csv, a quoted glob, or - for NDJSON on stdin',
    helpValue: 'SOURCE',
  }),
  reduce: Flags.string({
    description: 'fold the list of all results into one value, with this export',
    helpValue: 'EXPORT',
  }),
  output: Flags.string({
    char: 'o',
    description: 'write results here: one array where it ends in .json, else one a line',
    helpValue: 'FILE',
  }),
  fetch: Flags.string(fetchFlag),
  shared: Flags.string({
    description: 'a file that all tasks see in memory, as context.shared.NAME; may be given again',
    helpValue: 'NAME=FILE[:TYPE]',
    multiple: true,
    multipleNonGreedy: true,
  }),
  isolation: Flags.string({
    description: 'what separates tasks',
    options: ['process', 'threads'],
    helpGroup: 'PLACE',
  }),
  'keep-order': Flags.boolean({ char: 'k', description: 'results in input order', default: true, allowNo: true }),
};
