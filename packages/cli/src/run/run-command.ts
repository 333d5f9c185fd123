import { type JobOptions, MegalithError } from '@megalith/core';
import type { JobFlagValues } from '../flags/job-flags.js';
import { jobSettings } from '../flags/job-options.js';
import type { PlanFlagValues } from '../flags/plan-flags.js';
import type { DataSource } from '../input/data-source.js';
import type { CommandTemplate } from './command-text.js';
import { refuseDetached } from './refuse-detached.js';
import type { SessionOptions } from './session.js';

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
  if (template === undefined) {
    throw new MegalithError('USAGE', 'there is no command to run', {
      hint: 'put it after --, for example: megalith run -- ./job.sh',
    });
  }
  if (flags['dry-run'] === true) return planRun(words, flags, json);
  const { job, session: silent, source } = await readyRun(flags);
  const session = { ...silent, tellsPlan: !json };
  if (source === undefined) {
    const { runSingle } = await import('./single.js');
    return runSingle({ command: template, json, job, session });
  }
  const { runEach } = await import('./each.js');
  return runEach({
    template,
    source,
    keepOrder: flags['keep-order'] === true,
    joblog: flags.joblog,
    json,
    job: { ...job, ...(flags.halt === 'now,fail=1' ? { onFailure: 'stop' } : {}) },
    session,
  });
}

/** What `megalith plan run` does. @returns the exit code */
export async function planRun(
  words: readonly string[],
  flags: RunFlags & PlanFlagValues,
  json: boolean,
): Promise<number> {
  const work = templateOf(words, flags.shell);
  const { job, session, source } = await readyRun(flags);
  const { showPlan } = await import('./show-plan.js');
  return showPlan({ work, job, session, source, isSingle: source === undefined, json, flags });
}

interface ReadyRun {
  readonly job: JobOptions;
  readonly session: SessionOptions;
  /** Undefined for one command, once. */
  readonly source: DataSource<string> | undefined;
}

async function readyRun(flags: RunFlags): Promise<ReadyRun> {
  refuseDetached(flags.detach, { output: flags.output, joblog: flags.joblog });
  const { job, session } = jobSettings({ ...flags, fetch: flags.output });
  if (flags.each === undefined) return { job, session, source: undefined };
  const { openItems } = await import('../input/data-source.js');
  const source = await openItems(flags.each, flags.null === true ? '\0' : '\n');
  return { job: { ...job, reads: [...(job.reads ?? []), ...source.reads] }, session, source };
}

function templateOf(words: readonly string[], shell: string | undefined): CommandTemplate | undefined {
  if (shell !== undefined && words.length > 0) {
    throw new MegalithError('USAGE', `there are two commands: "--shell ${shell}" and "${words.join(' ')}"`, {
      hint: 'give one of them',
    });
  }
  return shell ?? (words.length === 0 ? undefined : words);
}
