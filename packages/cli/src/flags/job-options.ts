import { type JobOptions, MegalithError } from '@megalith/core';
import { readPreferences } from '../preferences/file.js';
import { inJobsHome } from '../preferences/jobs-home.js';
import { type PreferenceKey, type Preferences, parsePreference } from '../preferences/keys.js';
import type { SessionOptions } from '../run/session.js';
import type { JobFlagValues } from './job-flags.js';

/** How to run a job: flags (and variables, which oclif reads with them) before preferences before what is built in. */
export function jobSettings(
  flags: JobFlagValues,
  stored: Preferences = readPreferences(),
): { readonly job: JobOptions; readonly session: SessionOptions } {
  const setting = <K extends PreferenceKey>(key: K, flag: string | undefined): Preferences[K] =>
    flag === undefined ? stored[key] : (parsePreference(key, flag, `--${key}`) as Preferences[K]);
  const memory = setting('memory', flags.memory);
  const cpus = setting('cpus', flags.cpus);
  const timeout = setting('time', flags.time);
  const grace = setting('grace', flags.grace);
  const retries = setting('retries', flags.retries);
  const job: JobOptions = {
    ...(memory === undefined ? {} : { memory }),
    ...(cpus === undefined ? {} : { cpus }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(grace === undefined ? {} : { grace }),
    ...(retries === undefined ? {} : { retries }),
    ...(flags.tag === undefined ? {} : { tags: flags.tag }),
    ...(flags.env === undefined ? {} : { env: variables(flags.env, process.env) }),
    ...(flags.name === undefined ? {} : { name: flags.name }),
    ...(flags.cwd === undefined ? {} : { cwd: flags.cwd }),
  };
  const session: SessionOptions = {
    backend: setting('backend', flags.backend),
    slots: setting('slots', flags.slots),
    home: inJobsHome(stored).home,
    grace,
    quiet: flags.quiet === true,
  };
  return { job, session };
}

/** Reads `NAME=VALUE` and `NAME`, whose value is taken from `environment`. @throws MegalithError USAGE */
export function variables(
  flags: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    flags.map(flag => {
      const equals = flag.indexOf('=');
      const name = equals === -1 ? flag : flag.slice(0, equals);
      if (!/^[A-Za-z_]\w*$/.test(name)) {
        throw new MegalithError('USAGE', `"--env ${flag}" does not name a variable`, {
          hint: 'write NAME=VALUE, or NAME',
        });
      }
      const value = equals === -1 ? environment[name] : flag.slice(equals + 1);
      if (value === undefined) {
        throw new MegalithError('USAGE', `"--env ${name}" has no value, and none is set here`, {
          hint: `write --env ${name}=VALUE`,
        });
      }
      return [name, value];
    }),
  );
}
