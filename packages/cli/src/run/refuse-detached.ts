import { MegalithError } from '@megalith/core';

/**
 * Refuses flags for what only a client does that stays until the end.
 * @param given the flags in question, with their values
 * @throws MegalithError USAGE
 */
export function refuseDetached(detach: boolean | undefined, given: Readonly<Record<string, unknown>>): void {
  if (detach !== true) return;
  const [flag] = Object.keys(given).filter(name => given[name] !== undefined);
  if (flag === undefined) return;
  throw new MegalithError('USAGE', `"--${flag}" is for who stays until the job has ended, and "--detach" leaves`, {
    hint: 'leave one of them out; "megalith jobs attach", "jobs results" and "jobs fetch" come back to a job',
  });
}
