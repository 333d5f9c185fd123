import { basename, resolve } from 'node:path';
import { MegalithError } from '@megalith/agent';

/** A file or folder of this machine that a job gets. */
export interface FileInput {
  /** Where it is here; a link in its place is followed, those inside are kept as links. */
  readonly path: string;
  /** Where it goes, relative to the job's folder; with `/` at its end a file goes into that folder. `''` is the folder itself. */
  readonly dest: string;
}

/** A file or folder that a job leaves. */
export interface FileOutput {
  /** Where it is, relative to the job's folder. */
  readonly path: string;
  /** Where it comes to here. A file comes into `dest` where that is a folder, or has `/` at its end. */
  readonly dest: string;
}

/**
 * `PATH` or `PATH:DEST`, cut at the last colon; `\:` is a colon of a name.
 * Without DEST a relative path keeps its folders, so that a command names it as it does here; an absolute one, and one
 * that goes up, keeps its last name: `data/a.fa` → `data/a.fa`, `/data/a.fa` → `a.fa`, `../x/y` → `y`, `.` → the folder itself.
 * @throws MegalithError USAGE
 */
export function parseFileInput(text: string): FileInput {
  const { path, dest } = split(text, '--input');
  if (dest !== undefined) return { path, dest: withinJob(dest, text, '--input') };
  const steps = stepsOf(path);
  if (!path.startsWith('/') && !steps.includes('..')) return { path, dest: steps.join('/') };
  const name = basename(resolve(path));
  if (name === '') throw wrong(text, '--input', "the whole disk has no name in the job's folder");
  return { path, dest: name };
}

/**
 * `PATH` or `PATH:DEST`, cut at the last colon; `\:` is a colon of a name. Without DEST it comes to the same relative
 * path here: `asm/` → `./asm`, `asm/:results/` → `./results/`.
 * @throws MegalithError USAGE
 */
export function parseFileOutput(text: string): FileOutput {
  const { path, dest } = split(text, '--output');
  const inside = withinJob(path, text, '--output');
  return { path: inside, dest: dest ?? (inside === '' ? '.' : inside.replace(/\/$/, '')) };
}

function split(text: string, flag: string): { path: string; dest: string | undefined } {
  // A colon is a cut where an even number of backslashes stands before it, and here only none is even.
  const colon = [...text.matchAll(/(?<!\\):/g)].at(-1)?.index;
  const plain = (part: string) => part.replaceAll('\\:', ':');
  const path = plain(colon === undefined ? text : text.slice(0, colon));
  const dest = colon === undefined ? undefined : plain(text.slice(colon + 1));
  if (path === '' || dest === '') throw wrong(text, flag, 'one side of the colon is empty');
  if (text.includes('\0')) throw wrong(text, flag, 'no path holds a NUL');
  return { path, dest };
}

/** Without `.` and doubled slashes; a slash at the end is kept, for it means a folder. */
function withinJob(path: string, text: string, flag: string): string {
  const steps = stepsOf(path);
  if (path.startsWith('/') || steps.includes('..')) {
    throw wrong(text, flag, `"${path}" does not lie inside the job's folder`);
  }
  return steps.join('/') + (steps.length > 0 && path.endsWith('/') ? '/' : '');
}

function stepsOf(path: string): string[] {
  return path.split('/').filter(step => step !== '' && step !== '.');
}

function wrong(text: string, flag: string, why: string): MegalithError {
  return new MegalithError('USAGE', `"${flag} ${text.replaceAll('\0', '\\0')}" can't be used: ${why}`, {
    hint:
      flag === '--input'
        ? 'write PATH, or PATH:DEST with DEST relative to the job\'s folder; "\\:" is a colon of a name'
        : 'write PATH, relative to the job\'s folder, or PATH:DEST; "\\:" is a colon of a name',
  });
}
