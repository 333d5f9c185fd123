import {
  type JobOptions,
  type Label,
  MegalithError,
  parseDuration,
  parseFileInput,
  parseFileOutput,
} from '@megalith/core';
import { readPaths } from '../input/read-paths.js';
import { readPreferences } from '../preferences/file.js';
import { inJobsHome } from '../preferences/jobs-home.js';
import { type PreferenceKey, type Preferences, parsePreference } from '../preferences/keys.js';
import type { SessionOptions } from '../run/session.js';
import type { JobFlagValues } from './job-flags.js';
import { placeFor } from './place.js';
import { secretValues } from './secrets.js';

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
  const objective = setting('objective', flags.objective);
  const deadline = setting('deadline', flags.deadline);
  const budget = setting('budget', flags.budget);
  const inputs = (flags.input ?? []).map(parseFileInput);
  const outputs = (flags.fetch ?? []).map(parseFileOutput);
  const place = placeFor({
    backend: setting('backend', flags.backend),
    hosts: flags.host,
    preferredHosts: preferredHosts(process.env.MEGALITH_HOST || undefined, stored),
    needsMachine: flags.detach === true || inputs.length + outputs.length > 0,
    hasStoredBackend: flags.backend === undefined,
  });
  refuseFolder(flags.cwd, place.backend);
  const job: JobOptions = {
    ...(memory === undefined ? {} : { memory }),
    ...(cpus === undefined ? {} : { cpus }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(grace === undefined ? {} : { grace }),
    ...(retries === undefined ? {} : { retries }),
    ...(flags.tag === undefined ? {} : { tags: flags.tag }),
    ...(flags.label === undefined ? {} : { label: flags.label as Label }),
    ...(flags.expected === undefined ? {} : { expected: duration('--expected', flags.expected) }),
    ...(objective === undefined ? {} : { objective }),
    ...(deadline === undefined ? {} : { deadline }),
    ...(budget === undefined ? {} : { budget }),
    ...(flags['no-escalate'] === true ? { escalate: false } : {}),
    ...(flags.env === undefined ? {} : { env: variables(flags.env, process.env) }),
    ...(flags.name === undefined ? {} : { name: flags.name }),
    ...(flags.cwd === undefined ? {} : { cwd: flags.cwd }),
    ...(flags.id === undefined ? {} : { id: flags.id }),
    ...(flags.secret === undefined ? {} : { secrets: secretValues(flags.secret, process.env) }),
    ...(inputs.length === 0 ? {} : { inputs, reads: readPaths(inputs.map(({ path }) => path)) }),
    ...(outputs.length === 0 ? {} : { outputs }),
    ...(flags.detach === true ? { detached: true } : {}),
  };
  const session: SessionOptions = {
    ...place,
    slots: setting('slots', flags.slots),
    home: inJobsHome(stored).home,
    grace,
    quiet: flags.quiet === true,
  };
  return { job, session };
}

/** @throws MegalithError USAGE naming the flag */
function duration(flag: string, text: string): string {
  try {
    parseDuration(text);
    return text;
  } catch (error) {
    const { message, hint } = error as MegalithError;
    throw new MegalithError('USAGE', `"${flag}" cannot be "${text}": ${message}`, {
      ...(hint === undefined ? {} : { hint }),
      cause: error,
    });
  }
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

/** The folder that this program is in means nothing on a machine. */
function refuseFolder(cwd: string | undefined, backend: string | undefined): void {
  if ((backend !== 'standalone' && backend !== 'lambda') || cwd === undefined || cwd.startsWith('/')) return;
  throw new MegalithError('USAGE', `"--cwd ${cwd}" is no whole path, as a folder on a machine must be`, {
    hint: "leave it out to run in the job's own folder, where inputs go",
  });
}

function preferredHosts(variable: string | undefined, stored: Preferences): string | undefined {
  return variable === undefined ? stored.host : String(parsePreference('host', variable, 'MEGALITH_HOST'));
}
