import { MegalithError } from '@megalith/core';
import type { JobFlagValues } from '../flags/job-flags.js';
import { jobSettings } from '../flags/job-options.js';
import type { CommandTemplate } from './command-text.js';
import { refuseDetached } from './refuse-detached.js';
import { whereItFits } from './where-it-fits.js';

export interface RunFlags extends JobFlagValues {
  readonly each?: string | undefined;
  readonly shell?: string | undefined;
  readonly 'keep-order'?: boolean | undefined;
  readonly joblog?: string | undefined;
  readonly halt?: string | undefined;
  readonly null?: boolean | undefined;
  readonly output?: readonly string[] | undefined;
  readonly 'dry-run'?: boolean | undefined;
}

/** What `megalith run` does. @param words the command, after the flags @returns the exit code */
export async function runCommand(words: readonly string[], flags: RunFlags, json: boolean): Promise<number> {
  const template = templateOf(words, flags.shell);
  refuseDetached(flags.detach, { output: flags.output, joblog: flags.joblog });
  const { job, session: wished } = jobSettings({ ...flags, fetch: flags.output });
  const session = await whereItFits(job, wished);
  if (flags['dry-run'] === true) {
    const { showPlan } = await import('./show-plan.js');
    return showPlan(flags.each === undefined ? { ...job, tasks: 1 } : job, session, json);
  }
  if (flags.each === undefined) {
    const { runSingle } = await import('./single.js');
    return runSingle({ command: template, json, job, session });
  }
  const { runEach } = await import('./each.js');
  return runEach({
    template,
    source: flags.each,
    separator: flags.null === true ? '\0' : '\n',
    keepOrder: flags['keep-order'] === true,
    joblog: flags.joblog,
    json,
    job: { ...job, ...(flags.halt === 'now,fail=1' ? { onFailure: 'stop' } : {}) },
    session,
  });
}

function templateOf(words: readonly string[], shell: string | undefined): CommandTemplate {
  if (shell !== undefined && words.length > 0) {
    throw new MegalithError('USAGE', `there are two commands: "--shell ${shell}" and "${words.join(' ')}"`, {
      hint: 'give one of them',
    });
  }
  if (shell !== undefined) return shell;
  if (words.length === 0) {
    throw new MegalithError('USAGE', 'there is no command to run', {
      hint: 'put it after --, for example: megalith run -- ./job.sh',
    });
  }
  return words;
}
