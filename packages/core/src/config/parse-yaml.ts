import { isCollection, isNode, isPair, LineCounter, parseDocument, type Document as YamlDocument } from 'yaml';
import { configProblem } from './config-problem.js';

export interface YamlText {
  readonly document: YamlDocument;
  readonly lines: LineCounter;
}

/** @throws MegalithError CONFIG where the text is not one YAML document */
export function parseYaml(text: string, file: string): YamlText {
  const lines = new LineCounter();
  // One that was made by other hands is not ours to refuse for its tags; but a key twice is always a mistake.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const error = document.errors[0];
  if (error !== undefined) {
    throw configProblem({
      file,
      line: lines.linePos(error.pos[0]).line,
      path: [],
      what: error.code === 'DUPLICATE_KEY' ? 'a key stands there a second time' : lowerFirst(error.message),
      hint: error.code === 'DUPLICATE_KEY' ? 'give each host its own name, and each key once' : 'mend the YAML there',
    });
  }
  return { document, lines };
}

/** @throws MegalithError CONFIG for aliases that would multiply without end */
export function dataOf({ document }: YamlText, file: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    throw configProblem({ file, path: [], what: lowerFirst(error.message), hint: 'write it without so many aliases' });
  }
}

/** The line of the nearest thing on the way to the path that is there. */
export function lineOf({ document, lines }: YamlText, path: readonly PropertyKey[]): { readonly line?: number } {
  let offset: number | undefined;
  let node: unknown = document.contents;
  for (const key of path) {
    if (!isCollection(node)) break;
    const pair = node.items.find(item => isPair(item) && isNode(item.key) && String(item.key) === String(key));
    offset = (isPair(pair) && isNode(pair.key) ? pair.key.range?.[0] : undefined) ?? offset;
    node = node.get(key, true);
    if (pair === undefined && isNode(node)) offset = node.range?.[0] ?? offset;
  }
  return offset === undefined ? {} : { line: lines.linePos(offset).line };
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
