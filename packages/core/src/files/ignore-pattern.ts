/** One line of an ignore file. All text is bytes, one a character, for names on disk are. */
export interface IgnorePattern {
  /** It takes back what an earlier line ignored. */
  readonly negated: boolean;
  readonly foldersOnly: boolean;
  /** True where it is about the path from the ignore file's folder; else about the name alone, at any depth. */
  readonly anchored: boolean;
  readonly expression: RegExp;
}

/** The patterns of an ignore file, in the syntax of `.gitignore`. Lines that git never matches are left out. */
export function parseIgnoreFile(bytes: Buffer): IgnorePattern[] {
  const text = bytes.toString('latin1').replace(/^\xef\xbb\xbf/, '');
  return text.split('\n').flatMap(line => parseLine(line.replace(/\r$/, '')) ?? []);
}

function parseLine(line: string): IgnorePattern | undefined {
  if (line.startsWith('#')) return undefined;
  let pattern = withoutTrailingSpaces(line);
  const negated = pattern.startsWith('!');
  if (negated) pattern = pattern.slice(1);
  const foldersOnly = pattern.endsWith('/');
  if (foldersOnly) pattern = pattern.slice(0, -1);
  const anchored = pattern.includes('/');
  if (pattern.startsWith('/')) pattern = pattern.slice(1);
  if (pattern === '') return undefined;
  const source = expressionFor(pattern, anchored);
  return source === undefined
    ? undefined
    : { negated, foldersOnly, anchored, expression: new RegExp(`^${source}$`, 's') };
}

/** Spaces at the end do not count, unless a backslash stands before them. */
function withoutTrailingSpaces(line: string): string {
  let end = 0;
  for (let at = 0; at < line.length; at++) {
    if (line[at] === '\\') end = Math.min(++at + 1, line.length);
    else if (line[at] !== ' ') end = at + 1;
  }
  return line.slice(0, end);
}

/** Undefined for what matches nothing: a bracket that does not close, a backslash at the end. */
function expressionFor(pattern: string, anchored: boolean): string | undefined {
  let source = '';
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at]!;
    if (char === '*') {
      let end = at + 1;
      while (pattern[end] === '*') end++;
      // git compares what stands before the first special character by itself, and begins a new pattern there.
      const opens = pattern[at - 1] === '/' || !/[*?[\\]/.test(pattern.slice(0, at));
      const closes = end === pattern.length || pattern[end] === '/';
      if (anchored && end - at >= 2 && opens && closes) {
        if (end === pattern.length) source += '.*';
        else {
          source += '(?:.*/)?';
          end++;
        }
      } else source += '[^/]*';
      at = end - 1;
    } else if (char === '?') source += '[^/]';
    else if (char === '[') {
      const bracket = bracketAt(pattern, at);
      if (bracket === undefined) return undefined;
      source += bracket.source;
      at = bracket.end;
    } else if (char === '\\') {
      const next = pattern[++at];
      if (next === undefined) return undefined;
      source += literal(next);
    } else source += literal(char);
  }
  return source;
}

const classes: Readonly<Record<string, string>> = {
  alnum: 'a-zA-Z0-9',
  alpha: 'a-zA-Z',
  blank: ' \\t',
  cntrl: '\\x00-\\x1f\\x7f',
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: '!-\\/:-@\\[-`{-~',
  space: ' \\t-\\r',
  upper: 'A-Z',
  xdigit: '0-9a-fA-F',
};

/** `[…]` from `start`, with the place of its closing bracket. The first character never closes it. */
function bracketAt(pattern: string, start: number): { readonly source: string; readonly end: number } | undefined {
  let at = start + 1;
  const negated = pattern[at] === '!' || pattern[at] === '^';
  if (negated) at++;
  let inside = '';
  for (let first = true; first || pattern[at] !== ']'; first = false) {
    if (pattern[at] === '[' && pattern[at + 1] === ':') {
      const close = pattern.indexOf(']', at + 2);
      if (close === -1) return undefined;
      if (close > at + 2 && pattern[close - 1] === ':') {
        const members = classes[pattern.slice(at + 2, close - 1)];
        if (members === undefined) return undefined;
        inside += members;
        at = close + 1;
        continue;
      }
    }
    const from = memberAt(pattern, at);
    if (from === undefined) return undefined;
    at = from.end;
    if (pattern[at] === '-' && pattern[at + 1] !== undefined && pattern[at + 1] !== ']') {
      const to = memberAt(pattern, at + 1);
      if (to === undefined) return undefined;
      at = to.end;
      // A range that runs backwards holds nothing but, as in git, where it starts.
      inside += from.char <= to.char ? `${literal(from.char)}-${literal(to.char)}` : literal(from.char);
    } else inside += literal(from.char);
  }
  return { source: `(?!/)[${negated ? '^' : ''}${inside}]`, end: at };
}

function memberAt(pattern: string, at: number): { readonly char: string; readonly end: number } | undefined {
  const escaped = pattern[at] === '\\';
  const char = pattern[escaped ? at + 1 : at];
  return char === undefined ? undefined : { char, end: at + (escaped ? 2 : 1) };
}

function literal(char: string): string {
  return `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
