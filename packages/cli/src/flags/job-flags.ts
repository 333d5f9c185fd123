import type { Label } from '@megalith/core';
import * as Flags from '@oclif/core/flags';
import { backendNames, objectives } from '../preferences/choices.js';

// By hand, because help is not to load what knows them.
export const labels: readonly Label[] = ['public', 'internal', 'confidential', 'restricted'];

/** What a task needs and where it may run: the flags that `run` and `map` have in common. Each has a variable and a preference of its name. */
export const jobFlags = {
  memory: Flags.string({
    description: 'memory of one task: 300M, 512GiB',
    helpValue: 'SIZE',
    env: 'MEGALITH_MEMORY',
    helpGroup: 'NEEDS',
  }),
  cpus: Flags.string({
    description: 'processors of one task, fractions allowed',
    helpValue: 'N',
    env: 'MEGALITH_CPUS',
    helpGroup: 'NEEDS',
  }),
  time: Flags.string({
    description: 'time limit of one try: 90s, 15m, 2h',
    helpValue: 'TIME',
    env: 'MEGALITH_TIME',
    helpGroup: 'NEEDS',
  }),
  grace: Flags.string({
    description: 'time a task has to end once asked to',
    helpValue: 'TIME',
    env: 'MEGALITH_GRACE',
    helpGroup: 'NEEDS',
  }),
  retries: Flags.string({
    description: 'tries after the first',
    helpValue: 'N',
    env: 'MEGALITH_RETRIES',
    helpGroup: 'NEEDS',
  }),
  tag: Flags.string({
    description: 'what the data is, such as phi; may be given again',
    helpValue: 'TAG',
    multiple: true,
    multipleNonGreedy: true,
    helpGroup: 'NEEDS',
  }),
  label: Flags.string({
    description: 'the data is at least so sensitive [default: what the policy says of tags and inputs]',
    options: labels,
    helpGroup: 'NEEDS',
  }),
  expected: Flags.string({
    description: 'how long one task computes, where you know [default: what earlier runs took]',
    helpValue: 'TIME',
    helpGroup: 'NEEDS',
  }),
  env: Flags.string({
    description: 'a variable for the tasks; without a value, that of this environment; may be given again',
    helpValue: 'NAME[=VALUE]',
    multiple: true,
    multipleNonGreedy: true,
  }),
  name: Flags.string({ description: 'shown in listings', helpValue: 'TEXT' }),
  secret: Flags.string({
    description:
      'a variable for the tasks that no log, file or listing shows: its value comes from this environment, or from a file; may be given again',
    helpValue: 'NAME[=@FILE]',
    multiple: true,
    multipleNonGreedy: true,
  }),
  id: Flags.string({
    description: "the job's id: on machines, the same id given twice is one job",
    helpValue: 'ID',
  }),
  cwd: Flags.string({
    description: "folder in which tasks run; on machines a path there [default: a folder of the job's own]",
    helpValue: 'FOLDER',
  }),
  backend: Flags.string({
    description: 'where to run',
    options: backendNames,
    env: 'MEGALITH_BACKEND',
    helpGroup: 'PLACE',
  }),
  objective: Flags.string({
    description: 'the cheapest place that meets the deadline, or the fastest within the budget [default: cost]',
    options: objectives,
    env: 'MEGALITH_OBJECTIVE',
    helpGroup: 'PLACE',
  }),
  deadline: Flags.string({
    description: 'time from now until the last result: no place that is expected to take longer',
    helpValue: 'TIME',
    env: 'MEGALITH_DEADLINE',
    helpGroup: 'PLACE',
  }),
  budget: Flags.string({
    description: 'most that the job may cost, US dollars',
    helpValue: 'USD',
    env: 'MEGALITH_BUDGET',
    helpGroup: 'PLACE',
  }),
  'no-escalate': Flags.boolean({
    description: 'a task that runs out of memory or time fails, and is not moved to a larger place',
    helpGroup: 'PLACE',
  }),
  host: Flags.string({
    description:
      'run on this host of the inventory ("local": this machine, by an agent that outlives this program); may be given again [env: MEGALITH_HOST, with commas]',
    helpValue: 'NAME',
    multiple: true,
    multipleNonGreedy: true,
    helpGroup: 'PLACE',
  }),
  detach: Flags.boolean({
    description:
      'hand the job over, print its id, and leave; without --backend and --host: to any host, else this machine',
    helpGroup: 'PLACE',
  }),
  input: Flags.string({
    description: "on machines: a file or folder that goes to the job's folder first; may be given again",
    helpValue: 'PATH[:DEST]',
    multiple: true,
    multipleNonGreedy: true,
    helpGroup: 'PLACE',
  }),
  slots: Flags.string({
    char: 'j',
    aliases: ['jobs'],
    description: 'tasks at once',
    helpValue: 'N',
    env: 'MEGALITH_SLOTS',
    helpGroup: 'PLACE',
  }),
  'dry-run': Flags.boolean({ description: 'show where it would run and why, and run nothing', helpGroup: 'PLACE' }),
};

/** What comes back from a machine; `map`, whose `--output` is a file for results, calls it `--fetch`. */
export const fetchFlag = {
  description: "on machines: what comes back from the job's folder before this command ends; may be given again",
  helpValue: 'PATH[:DEST]',
  multiple: true,
  multipleNonGreedy: true,
  helpGroup: 'PLACE',
} as const;

/** What the flags above give when parsed. */
export interface JobFlagValues {
  readonly memory?: string | undefined;
  readonly cpus?: string | undefined;
  readonly time?: string | undefined;
  readonly grace?: string | undefined;
  readonly retries?: string | undefined;
  readonly tag?: readonly string[] | undefined;
  readonly env?: readonly string[] | undefined;
  readonly name?: string | undefined;
  readonly cwd?: string | undefined;
  readonly label?: string | undefined;
  readonly expected?: string | undefined;
  readonly backend?: string | undefined;
  readonly objective?: string | undefined;
  readonly deadline?: string | undefined;
  readonly budget?: string | undefined;
  readonly 'no-escalate'?: boolean | undefined;
  readonly slots?: string | undefined;
  readonly host?: readonly string[] | undefined;
  readonly detach?: boolean | undefined;
  readonly id?: string | undefined;
  readonly input?: readonly string[] | undefined;
  readonly fetch?: readonly string[] | undefined;
  readonly secret?: readonly string[] | undefined;
  readonly quiet?: boolean | undefined;
}
