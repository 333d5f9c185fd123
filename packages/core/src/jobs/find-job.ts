import { type JobFolder, jobIds, MegalithError, megalithHome, readJobFolder } from '@megalith/agent';
import type { JobsOptions } from './job-report.js';
import { nearMatches } from './near-matches.js';

const shownCandidates = 5;

/**
 * The job with this id, or the only one whose id starts with it.
 * @throws MegalithError NOT_FOUND, naming ids that look alike; USAGE where several start with it, naming them
 */
export async function findJob(idOrPrefix: string, { home = megalithHome() }: JobsOptions = {}): Promise<JobFolder> {
  const ids = await jobIds(home);
  const id = ids.includes(idOrPrefix) ? idOrPrefix : uniqueMatch(idOrPrefix, ids);
  const job = await readJobFolder(home, id);
  if (!job) throw notFound(idOrPrefix, []);
  return job;
}

function uniqueMatch(prefix: string, ids: readonly string[]): string {
  const candidates = prefix === '' ? [] : ids.filter(id => id.startsWith(prefix)).sort();
  const [match] = candidates;
  if (match === undefined) throw notFound(prefix, nearMatches(prefix, ids));
  if (candidates.length === 1) return match;
  const shown = candidates.slice(0, shownCandidates).map(id => `"${id}"`);
  const more = candidates.length - shown.length;
  throw new MegalithError('USAGE', `${candidates.length} jobs start with "${prefix}"`, {
    hint: `write more of the id: ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`,
    details: { candidates },
  });
}

function notFound(text: string, near: readonly string[]): MegalithError {
  const meant = near.map(id => `"${id}"`).join(', ');
  return new MegalithError('NOT_FOUND', `there is no job "${text}"`, {
    hint: near.length > 0 ? `did you mean ${meant}?` : 'see `megalith jobs`',
    details: { near },
  });
}
