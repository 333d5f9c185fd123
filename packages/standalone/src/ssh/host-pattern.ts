/** True where a text matches a pattern of OpenSSH: `*` is anything, `?` one character, and nothing else is special. */
export function matchesPattern(text: string, pattern: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '[^]*')
    .replace(/\?/g, '[^]');
  return new RegExp(`^${source}$`).test(text);
}

/** True where one pattern of a list matches and none that begins with `!` does. */
export function matchesPatternList(text: string, patterns: readonly string[]): boolean {
  let isMatched = false;
  for (const pattern of patterns) {
    const isNegated = pattern.startsWith('!');
    if (!matchesPattern(text, isNegated ? pattern.slice(1) : pattern)) continue;
    if (isNegated) return false;
    isMatched = true;
  }
  return isMatched;
}
