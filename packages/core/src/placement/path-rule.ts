import { posix } from 'node:path';
import { MegalithError } from '@megalith/agent';

/**
 * Whether a rule is about a path: about the path itself, about a folder that it lies in, or, unless it is known to be a file, about anything that could
 * lie below it. A rule must not miss a file because its folder was named in its place.
 *
 * `**` stands for any folders or none, `*` for any part of a name, `?` for one character. Names that begin with a dot are names like others, as they
 * are not in a shell. Links are not followed: give real paths.
 * @throws MegalithError CONFIG for a glob with brackets or braces, which could otherwise match less than its author thinks
 */
export function pathMatcher(glob: string): (path: string, kind: 'any' | 'file') => boolean {
  if (/[[\]{}]/.test(glob)) {
    throw new MegalithError('CONFIG', `the path rule "${glob}" has brackets or braces, which rules do not know`, {
      hint: 'use **, * and ?, and write a rule for each alternative',
      details: { glob },
    });
  }
  const pattern = segmentsOf(glob).map(segment => (segment === '**' ? segment : expressionFor(segment)));
  return (path, kind) => touches(pattern, segmentsOf(path), kind);
}

type Pattern = readonly ('**' | RegExp)[];

/** Follows both from the left until one of them ends: what is left of the other lies below. */
function touches(pattern: Pattern, names: readonly string[], kind: 'any' | 'file'): boolean {
  // The places in the pattern where the next name may be.
  let places = new Set<number>(withSkips(pattern, [0]));
  for (const name of names) {
    if (places.has(pattern.length)) return true;
    const next: number[] = [];
    for (const place of places) {
      const expected = pattern[place]!;
      if (expected === '**') next.push(place);
      else if (expected.test(name)) next.push(place + 1);
    }
    if (next.length === 0) return false;
    places = new Set(withSkips(pattern, next));
  }
  return kind === 'any' || places.has(pattern.length);
}

/** `**` may stand for no folder at all. */
function* withSkips(pattern: Pattern, places: readonly number[]): Generator<number> {
  for (const place of places) {
    yield place;
    for (let at = place; pattern[at] === '**'; at++) yield at + 1;
  }
}

function segmentsOf(path: string): string[] {
  return posix
    .normalize(path.normalize('NFC'))
    .split('/')
    .filter(segment => segment !== '' && segment !== '.');
}

function expressionFor(segment: string): RegExp {
  const source = segment
    .replace(/[.+^$()|\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${source}$`, 'su');
}
