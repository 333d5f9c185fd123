import { MegalithError } from '@megalith/agent';
import { parseDuration } from '../config/duration.js';

/**
 * How long an object stays, which its key says: `job`, under `jobs/ID/`, until its job is cleaned up; a time, under `ttl/DAY/ID/`, at least so long;
 * `pinned`, under `kept/ID/`, until somebody deletes it.
 */
export type Keep = 'job' | 'pinned' | number | string;

const dayMs = 86_400_000;
/** As tasks name their objects: nothing else is ever cleaned. */
const ownName = /^(?:\d+-\d+|client)-\d+-([bv])[0-9a-f]{16}(?:-[A-Za-z0-9._-]{1,110})?$/;

/** What the keys of a job's objects begin with. @param now epoch milliseconds @throws MegalithError USAGE */
export function prefixOf(keep: Keep, id: string, now: number): string {
  if (keep === 'job') return jobPrefix(id);
  if (keep === 'pinned') return `kept/${id}/`;
  const ms = parseDuration(keep);
  if (ms === 0) throw new MegalithError('USAGE', '"keep" must be above 0', { hint: 'write 7d, "job" or "pinned"' });
  return `ttl/${Math.floor((now + ms) / dayMs)}/${id}/`;
}

export function jobPrefix(id: string): string {
  return `jobs/${id}/`;
}

/** The job whose life an object has; undefined for others, and for what is not ours. */
export function jobOfKey(key: string): string | undefined {
  const [, id, name] = /^jobs\/([^/]+)\/([^/]+)$/.exec(key) ?? [];
  return name !== undefined && ownName.test(name) ? id : undefined;
}

/** Whether the time of an object is over. @param now epoch milliseconds */
export function isPast(key: string, now: number): boolean {
  const [, day, name = ''] = /^ttl\/(\d{1,7})\/[^/]+\/([^/]+)$/.exec(key) ?? [];
  return day !== undefined && ownName.test(name) && Number(day) < Math.floor(now / dayMs);
}

/** What an object's bytes are, as its name says. */
export function contentOfKey(key: string): 'bytes' | 'value' | undefined {
  const [, kind] = ownName.exec(key.slice(key.lastIndexOf('/') + 1)) ?? [];
  if (kind === undefined) return undefined;
  return kind === 'v' ? 'value' : 'bytes';
}
