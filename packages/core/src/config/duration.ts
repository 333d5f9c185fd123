import { MegalithError } from '@megalith/agent';

const unitMs: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
const pattern = /^(?:\d+(?:\.\d+)?\s*(?:ms|[dhms])\s*)+$/i;
const part = /(\d+(?:\.\d+)?)\s*(ms|[dhms])/gi;

/**
 * Milliseconds from a number of milliseconds, or from text as people write it: `500ms`, `90s`, `15m`, `2h`, `1d`, `1h30m`.
 * Text needs a unit: a bare `"90"` could mean anything.
 * @throws MegalithError USAGE, naming the text
 */
export function parseDuration(duration: number | string): number {
  const ms = typeof duration === 'number' ? duration : msOf(duration.trim());
  if (ms === undefined || !(ms >= 0) || !Number.isFinite(ms)) {
    throw new MegalithError('USAGE', `"${duration}" is not a duration`, {
      hint: 'write a number with a unit: 500ms, 90s, 15m, 2h, 1d, 1h30m (a number alone, not in quotes, is milliseconds)',
    });
  }
  return ms;
}

function msOf(text: string): number | undefined {
  if (!pattern.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(part)) total += Number(amount) * unitMs[unit!.toLowerCase()]!;
  return total;
}

/** Milliseconds for people, in the two largest units that matter: `500ms`, `1.5s`, `1m30s`, `2h5m`. `parseDuration` reads it back. */
export function formatDuration(ms: number): string {
  if (Math.round(ms) < 1000) return `${Math.round(ms)}ms`;
  const tenths = Math.round(ms / 100) / 10;
  if (tenths < 60) return `${tenths}s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return pair(Math.floor(seconds / 60), 'm', seconds % 60, 's');
  const minutes = Math.round(ms / 60_000);
  if (minutes < 1440) return pair(Math.floor(minutes / 60), 'h', minutes % 60, 'm');
  const hours = Math.round(ms / 3_600_000);
  return pair(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit}${small}${smallUnit}`;
}
