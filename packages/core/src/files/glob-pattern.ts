/** True where a shell would expand it. */
export function isGlob(pattern: string): boolean {
  return /[*?[{]/.test(pattern);
}

/** `a{b,c{d,e}}` → `ab`, `acd`, `ace`. A brace without a comma or an end stands for itself. */
export function expandBraces(pattern: string): string[] {
  for (let open = pattern.indexOf('{'); open !== -1; open = pattern.indexOf('{', open + 1)) {
    const parts: string[] = [];
    let depth = 0;
    let from = open + 1;
    for (let i = open; i < pattern.length; i++) {
      const char = pattern[i];
      if (char === '{') depth++;
      else if (char === ',' && depth === 1) {
        parts.push(pattern.slice(from, i));
        from = i + 1;
      } else if (char === '}' && --depth === 0) {
        if (parts.length === 0) break;
        parts.push(pattern.slice(from, i));
        const before = pattern.slice(0, open);
        return parts.flatMap(part => expandBraces(before + part + pattern.slice(i + 1)));
      }
    }
  }
  return [pattern];
}

/** What one name, without a slash, has to be like. */
export function namePattern(segment: string): RegExp {
  return new RegExp(`^${nameSource(segment)}$`, 'su');
}

/** What a whole path has to be like: `**` stands for any number of folders, and as the last part for all below. */
export function globPattern(pattern: string): RegExp {
  const segments = pattern.split('/');
  const source = segments.map((segment, i) => {
    const isLast = i === segments.length - 1;
    if (segment === '**') return isLast ? '.+' : '(?:[^/]+/)*';
    return nameSource(segment) + (isLast ? '' : '/');
  });
  return new RegExp(`^${source.join('')}$`, 'su');
}

function nameSource(segment: string): string {
  let source = '';
  for (let i = 0; i < segment.length; i++) {
    const char = segment[i]!;
    const close =
      char === '[' ? segment.indexOf(']', segment[i + 1] === '!' || segment[i + 1] === '^' ? i + 3 : i + 2) : -1;
    if (char === '*') source += '[^/]*';
    else if (char === '?') source += '[^/]';
    else if (close !== -1) {
      const set = segment.slice(i + 1, close).replace(/^[!^]/, '');
      const negated = segment[i + 1] === '!' || segment[i + 1] === '^';
      source += `(?!/)[${negated ? '^' : ''}${set.replace(/[\\\]^]/g, '\\$&')}]`;
      i = close;
    } else source += char.replace(/[.+^${}()|[\]\\*?]/g, '\\$&');
  }
  return source;
}
