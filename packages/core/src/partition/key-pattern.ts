import { expandBraces, globPattern, isGlob } from '../files/glob-pattern.js';

/** Which keys of a store are meant. */
export interface KeyPattern {
  /** What all of them begin with: only that is listed. */
  readonly prefix: string;
  matches(key: string): boolean;
  /** Whether it may be one single key. */
  readonly isLiteral: boolean;
}

/**
 * Reads a key, the beginning of keys (empty, or with a slash at its end), or a glob, in which `*` and `?` stay between slashes, `**` stands for any depth,
 * `[a-z]` for a character, and `{a,b}` for alternatives.
 */
export function keyPattern(text: string): KeyPattern {
  if (!isGlob(text)) {
    const isPrefix = text === '' || text.endsWith('/');
    return { prefix: text, matches: isPrefix ? () => true : key => key === text, isLiteral: !isPrefix };
  }
  const patterns = expandBraces(text).map(globPattern);
  const prefix = /^[^*?[{]*/.exec(text)![0];
  return { prefix, matches: key => patterns.some(pattern => pattern.test(key)), isLiteral: false };
}
