import { MegalithError } from '@megalith/agent';

const shownCandidates = 5;

/**
 * The id that is meant, or the only one that starts with the text; undefined where none does.
 * @throws MegalithError USAGE where several start with it, naming them
 */
export function chosenId(text: string, ids: Iterable<string>): string | undefined {
  const known = new Set(ids);
  if (known.has(text)) return text;
  const candidates = text === '' ? [] : [...known].filter(id => id.startsWith(text)).sort();
  if (candidates.length < 2) return candidates[0];
  const shown = candidates.slice(0, shownCandidates).map(id => `"${id}"`);
  const more = candidates.length - shown.length;
  throw new MegalithError('USAGE', `${candidates.length} jobs start with "${text}"`, {
    hint: `write more of the id: ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`,
    details: { candidates },
  });
}
