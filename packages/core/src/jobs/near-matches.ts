/** How many are worth showing. */
const shown = 3;

/** The texts that someone may have meant by `text`: few letters away, counted as insertions, deletions and changes; nearest first. */
export function nearMatches(text: string, candidates: readonly string[]): string[] {
  const limit = Math.max(1, Math.floor(text.length / 3));
  return candidates
    .map(candidate => ({ candidate, distance: distanceToPrefix(text, candidate) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, shown)
    .map(({ candidate }) => candidate);
}

/** The edits that make `text` into any start of `candidate`: people type the start of an id. */
export function distanceToPrefix(text: string, candidate: string): number {
  let row = Array.from({ length: candidate.length + 1 }, (_, column) => column);
  for (const [line, letter] of [...text].entries()) {
    const next = [line + 1];
    for (let column = 1; column <= candidate.length; column++) {
      const change = row[column - 1]! + (candidate[column - 1] === letter ? 0 : 1);
      next.push(Math.min(change, row[column]! + 1, next[column - 1]! + 1));
    }
    row = next;
  }
  return Math.min(...row);
}
