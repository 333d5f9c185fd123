import { MegalithError } from '../errors.js';
import { shown } from './file-failure.js';
import { partsPrefix } from './staging.js';

const slash = 0x2f;
const dot = 0x2e;

/** True for bytes that name one thing inside a folder: no path, not the folder itself or the one above, not ours. */
export function isSafeName(name: Uint8Array): boolean {
  if (name.length === 0 || name.length > 255 || name.includes(slash) || name.includes(0)) return false;
  if (name[0] !== dot) return true;
  if (name.length === 1 || (name.length === 2 && name[1] === dot)) return false;
  return !Buffer.from(name.buffer, name.byteOffset, name.length).toString('latin1').startsWith(partsPrefix);
}

/**
 * The steps of a relative path below a job's folder: `in/reads/` gives `['in', 'reads']`, `.` none.
 * @throws MegalithError USAGE for an absolute path, `..`, NUL, and names that no folder can hold
 */
export function relativeSteps(path: string): string[] {
  const steps = path.split('/').filter(step => step !== '' && step !== '.');
  if (path.startsWith('/') || steps.some(step => !isSafeName(Buffer.from(step)))) {
    throw new MegalithError('USAGE', `"${shown(path)}" does not lie inside the job's folder`, {
      hint: 'use a relative path without ".."',
      details: { path },
    });
  }
  return steps;
}
