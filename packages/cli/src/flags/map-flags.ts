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
    description:
      'FILE.json, .ndjson, .jsonl or .csv, a quoted glob, or - for NDJSON on stdin; or objects to be cut into parts: a URL, or NAME:KEY of a store',
    helpValue: 'SOURCE',
  }),
  'chunk-size': Flags.string({
    description: 'cut objects and files into parts of so many bytes, records whole; each is one item',
    helpValue: 'SIZE',
    helpGroup: 'PARTS',
    exclusive: ['chunks'],
  }),
  chunks: Flags.integer({
    description: 'cut each object into so many parts',
    helpValue: 'N',
    min: 1,
    helpGroup: 'PARTS',
  }),
  format: Flags.string({
    description: 'what objects fall into; by default what their names say',
    options: ['bytes', 'lines', 'csv', 'ndjson', 'records'],
    helpGroup: 'PARTS',
  }),
  header: Flags.boolean({
    description: 'whether the first record of each object is a header',
    allowNo: true,
    helpGroup: 'PARTS',
  }),
  'record-bytes': Flags.integer({
    description: 'size of each record, for --format records',
    helpValue: 'N',
    min: 1,
    helpGroup: 'PARTS',
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
  store: Flags.string({
    description: 'where context.storage puts objects: NAME of a store, or a URL [default: data.store of the config]',
    helpValue: 'STORE',
  }),
  keep: Flags.string({
    description: 'how long those objects stay: "job", "pinned", or a time [default: job]',
    helpValue: 'TIME',
  }),
  isolation: Flags.string({
    description: 'what separates tasks',
    options: ['process', 'threads'],
    helpGroup: 'PLACE',
  }),
  'keep-order': Flags.boolean({ char: 'k', description: 'results in input order', default: true, allowNo: true }),
};
