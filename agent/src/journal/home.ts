import { homedir } from 'node:os';
import { join } from 'node:path';
import { MegalithError } from '../errors.js';

/** Where Megalith keeps its files: `$MEGALITH_HOME`, else `~/.megalith`. */
export function megalithHome(env: Readonly<Record<string, string | undefined>> = process.env): string {
  return env.MEGALITH_HOME || join(homedir(), '.megalith');
}

/** The folder that holds one folder per job. */
export function jobsFolder(home: string): string {
  return join(home, 'jobs');
}

/**
 * The folder of one job. An id comes from outside and becomes a path, so only plain names pass: letters, digits,
 * `.`, `_` and `-`, not starting with a dot or dash, at most 128 characters.
 * @throws MegalithError USAGE for any other id
 */
export function jobFolder(home: string, id: string): string {
  if (!isJobId(id)) {
    throw new MegalithError('USAGE', `"${id}" is not a job id`, {
      hint: 'use letters, digits, ".", "_" and "-" (at most 128), starting with a letter or digit',
    });
  }
  return join(jobsFolder(home), id);
}

/** True for names that `jobFolder` accepts; the others in the jobs folder are Megalith's own, such as folders being removed. */
export function isJobId(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(name);
}

/** The folder of a job's own files, where its tasks run unless they were given another. */
export function jobFilesFolder(home: string, id: string): string {
  return join(jobFolder(home, id), 'files');
}
