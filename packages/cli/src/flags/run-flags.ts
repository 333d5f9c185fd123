import * as Flags from '@oclif/core/flags';
import { fetchFlag, jobFlags } from './job-flags.js';

/** What `run` takes, and `plan run`. */
export const runFlags = {
  ...jobFlags,
  output: Flags.string({ ...fetchFlag, aliases: ['fetch'] }),
  each: Flags.string({
    description: 'run once for each line of a file or of stdin (-), or for each file of a quoted glob',
    helpValue: 'SOURCE',
  }),
  shell: Flags.string({ description: 'the command as one shell line', helpValue: 'LINE' }),
  'keep-order': Flags.boolean({ char: 'k', description: 'with --each: print in input order', dependsOn: ['each'] }),
  joblog: Flags.string({
    description: "with --each: write a log in GNU parallel's format",
    helpValue: 'FILE',
    dependsOn: ['each'],
  }),
  halt: Flags.string({
    description: 'with --each: after a failure, go on (never) or cancel the others',
    options: ['never', 'now,fail=1'],
    dependsOn: ['each'],
  }),
  null: Flags.boolean({ description: 'with --each: items end in NUL, not in a line end', dependsOn: ['each'] }),
};

/** The words of the command. They are read from the tokens: oclif would sort those that also occur among the flags. */
export function commandWords(tokens: readonly { readonly type: string; readonly input: string }[]): readonly string[] {
  return tokens.filter(token => token.type === 'arg').map(token => token.input);
}

/** What to do where flags of the command were taken for our own; undefined where that is not so. */
export function missingDashes(error: Error, argv: readonly string[]): string | undefined {
  if (argv.includes('--') || !/nonexistent flag/i.test(error.message)) return undefined;
  return 'put -- before the command, so that its own flags are left to it';
}
