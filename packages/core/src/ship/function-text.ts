import { type ClassShape, classShape } from './class-shape.js';
import { type ForbiddenSyntax, findForbidden } from './forbidden-syntax.js';
import {
  identifierOf,
  isClassNode,
  parseModule,
  type SyntaxNode,
  stringOf,
  type UnresolvedReference,
  unresolvedReferences,
  walk,
} from './syntax-tree.js';

/** One use of a name that the function does not declare itself; offsets are in the function's own text. */
export interface FreeReference extends UnresolvedReference {
  /** `{ name }` in an object literal: a new name needs the key written out. */
  readonly shorthand: boolean;
}

/** A call by which the body loads a module; offsets are in the function's own text. */
interface BodyImport {
  /** Undefined where the name is computed. */
  readonly specifier: string | undefined;
  readonly form: 'import' | 'require' | 'vite-import';
  /** The whole call. */
  readonly start: number;
  readonly end: number;
  /** What names the module. */
  readonly nameStart: number;
  readonly nameEnd: number;
}

/** What a function's source text says of itself. */
export interface FunctionText {
  readonly text: string;
  /** How it stands in a program: as an expression, or as a method of an object literal. */
  readonly form: 'expression' | 'method';
  readonly isClass: boolean;
  /** The name in the text itself, of declarations and named expressions. */
  readonly ownName: string | undefined;
  readonly references: readonly FreeReference[];
  /** The same by name; what a class extends is left out. */
  readonly freeNames: ReadonlyMap<string, readonly FreeReference[]>;
  readonly bodyImports: readonly BodyImport[];
  /** Names that are only tested with `typeof`, at least once, and so may be missing. */
  readonly optional: ReadonlySet<string>;
  readonly forbidden: ForbiddenSyntax | undefined;
  /** Set for classes. */
  readonly shape: ClassShape | undefined;
  /** Offsets where syntax nodes start, ascending: the places that a source map should know. */
  readonly landmarks: readonly number[];
}

/** A text that cannot be read on its own, with the parser's words. */
export interface UnreadableText {
  readonly reason: string;
}

const known = new Map<string, FunctionText | UnreadableText>();
const maxKnown = 500;

/** Reads a function's source text, as `Function.prototype.toString` gives it. */
export function readFunctionText(text: string): FunctionText | UnreadableText {
  let result = known.get(text);
  if (result === undefined) {
    result = read(text);
    if (known.size >= maxKnown) known.clear();
    known.set(text, result);
  }
  return result;
}

function read(text: string): FunctionText | UnreadableText {
  let reason = '';
  for (const form of ['expression', 'method'] as const) {
    const prefix = form === 'expression' ? '(' : '({';
    let tree: SyntaxNode;
    try {
      tree = parseModule(form === 'expression' ? `(${text}\n)` : `({${text}\n})`);
    } catch (error) {
      reason ||= (error as Error).message.replace(/ \(\d+:\d+\)$/, '');
      continue;
    }
    return describe(text, form, tree, prefix.length);
  }
  return { reason };
}

function describe(
  text: string,
  form: 'expression' | 'method',
  tree: SyntaxNode,
  prefix: number,
): FunctionText | UnreadableText {
  const expression = (tree.body as SyntaxNode[])[0]!.expression as SyntaxNode;
  const property = form === 'method' ? (expression.properties as SyntaxNode[])[0]! : undefined;
  if (property !== undefined && property.kind !== 'init')
    return { reason: 'a getter or setter is not a function by itself' };
  const node = property === undefined ? expression : (property.value as SyntaxNode);
  const shorthands = new Set<number>();
  const optional = new Set<string>();
  const landmarks = new Set<number>();
  const bodyImports: BodyImport[] = [];
  walk(tree, (current, parent) => {
    if (current.start >= prefix && current.start < prefix + text.length) landmarks.add(current.start - prefix);
    if (current.type === 'Property' && current.shorthand === true) shorthands.add(current.start);
    if (parent?.type === 'UnaryExpression' && parent.operator === 'typeof') {
      const name = identifierOf(current);
      if (name !== undefined) optional.add(name);
    }
    const loaded = bodyImport(current, prefix);
    if (loaded !== undefined) bodyImports.push(loaded);
    return true;
  });
  const references = unresolvedReferences(tree).map(reference => ({
    ...reference,
    start: reference.start - prefix,
    end: reference.end - prefix,
    shorthand: shorthands.has(reference.start),
  }));
  const shape = isClassNode(node) ? classShape(node, prefix, text) : undefined;
  return {
    text,
    form,
    isClass: shape !== undefined,
    ownName: form === 'method' ? undefined : identifierOf(node.id),
    references,
    freeNames: groupByName(references, shape),
    bodyImports,
    optional,
    forbidden: findForbidden(node, references),
    shape,
    landmarks: [...landmarks].sort((a, b) => a - b),
  };
}

function groupByName(
  references: readonly FreeReference[],
  shape: ClassShape | undefined,
): Map<string, FreeReference[]> {
  const groups = new Map<string, FreeReference[]>();
  for (const reference of references) {
    const { heritage } = shape ?? {};
    if (heritage !== undefined && heritage.start <= reference.start && reference.end <= heritage.end) continue;
    const group = groups.get(reference.name);
    if (group === undefined) groups.set(reference.name, [reference]);
    else group.push(reference);
  }
  return groups;
}

function bodyImport(node: SyntaxNode, prefix: number): BodyImport | undefined {
  const name = (node.type === 'ImportExpression' ? node.source : (node.arguments as SyntaxNode[] | undefined)?.[0]) as
    | SyntaxNode
    | undefined;
  const form = importForm(node);
  if (form === undefined || name === undefined) return undefined;
  return {
    specifier: stringOf(name),
    form,
    start: node.start - prefix,
    end: node.end - prefix,
    nameStart: name.start - prefix,
    nameEnd: name.end - prefix,
  };
}

function importForm(node: SyntaxNode): BodyImport['form'] | undefined {
  if (node.type === 'ImportExpression') return 'import';
  if (node.type !== 'CallExpression') return undefined;
  const callee = identifierOf(node.callee);
  // vitest rewrites `import("./x.js")` to a call of its own.
  return callee === '__vite_ssr_dynamic_import__' ? 'vite-import' : callee === 'require' ? 'require' : undefined;
}
