import { CST, Parser, stringify } from 'yaml';

type Item = CST.BlockMap['items'][number];
/** A place in the text, found by writing this where a token would stand. */
const marker = '\0';

/**
 * Puts a host at the end of the section `hosts` and leaves every other byte as it was.
 * @returns undefined where the section is not in block style
 */
export function spliceIn(text: string, name: string, fields: Readonly<Record<string, unknown>>): string | undefined {
  const tokens = [...new Parser().parse(text)];
  const root = rootMap(tokens);
  const hosts = root && itemOf(root, 'hosts');
  if (root === undefined || hosts === undefined) {
    if (root === undefined ? !isBlank(tokens) : root.indent !== 0) return undefined;
    const gap = text.trim() === '' ? '' : '\n';
    return `${lines(text)}${gap}hosts:\n${rendered(name, fields, 2, 2)}`;
  }
  const map = hosts.value;
  if (map === undefined || map === null) {
    hosts.sep = [...(hosts.sep ?? []), markerToken()];
    return placed(tokens, rendered(name, fields, root.indent + 2, 2));
  }
  if (map.type !== 'block-map' || map.indent <= root.indent) return undefined;
  map.items.push({ start: [markerToken()] });
  const step = map.indent - root.indent;
  return placed(tokens, rendered(name, fields, map.indent, step), hasBlankLines(map));
}

/** Takes a host out, with the comments above and beside it. @returns undefined where the section is not in block style */
export function spliceOut(text: string, name: string): string | undefined {
  const tokens = [...new Parser().parse(text)];
  const root = rootMap(tokens);
  const hosts = root && itemOf(root, 'hosts')?.value;
  if (hosts?.type !== 'block-map') return undefined;
  const host = itemOf(hosts, name);
  if (host === undefined) return undefined;
  const at = hosts.items.indexOf(host);
  // Indentation before the first key is its parent's; the next key brings its own.
  const [start, ...others] = host.start;
  if (at === 0 && start?.type === 'space' && others.length === 0) return undefined;
  hosts.items.splice(at, 1);
  return written(tokens);
}

function placed(tokens: readonly CST.Token[], entry: string, afterBlankLine = false): string {
  const [before = '', after = ''] = written(tokens).split(marker);
  // Empty lines at the end divide this section from the next.
  const body = before.replace(/(?:\n[ \t]*)+$/, '');
  const gap = before.slice(body.length + 1);
  return `${body}\n${afterBlankLine ? '\n' : ''}${entry}${gap}${after}`;
}

function rendered(name: string, fields: Readonly<Record<string, unknown>>, indent: number, step: number): string {
  const text = stringify({ [name]: fields }, { indent: step, lineWidth: 0 });
  // A regular expression would take more than line feeds for the ends of lines.
  return text
    .split('\n')
    .map(line => (line === '' ? line : ' '.repeat(indent) + line))
    .join('\n');
}

function rootMap(tokens: readonly CST.Token[]): CST.BlockMap | undefined {
  const documents = tokens.filter(token => token.type === 'document');
  const value = documents.length === 1 ? documents[0]!.value : undefined;
  return value?.type === 'block-map' ? value : undefined;
}

function isBlank(tokens: readonly CST.Token[]): boolean {
  const isGap = ({ type }: CST.Token) => type === 'comment' || type === 'newline' || type === 'space';
  return tokens.every(token =>
    token.type === 'document' ? token.value === undefined && token.start.every(isGap) : isGap(token),
  );
}

function itemOf(map: CST.BlockMap, key: string): Item | undefined {
  return map.items.find(item => CST.isScalar(item.key ?? null) && CST.resolveAsScalar(item.key)?.value === key);
}

function hasBlankLines(map: CST.BlockMap): boolean {
  return map.items.some((item, i) => i > 0 && item.start.some(token => token.type === 'newline'));
}

function markerToken(): CST.SourceToken {
  return { type: 'comment', offset: -1, indent: 0, source: marker };
}

function written(tokens: readonly CST.Token[]): string {
  return tokens.map(CST.stringify).join('');
}

function lines(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}
