import { createRequire } from 'node:module';

/** A node of a syntax tree, as acorn makes them: nodes have a type and offsets, the rest depends on the type. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

/** A name that is used but not declared in the code at hand. */
export interface UnresolvedReference {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly writes: boolean;
}

interface Acorn {
  parse(text: string, options: object): SyntaxNode;
}

interface EslintScope {
  analyze(
    tree: SyntaxNode,
    options: object,
  ): { readonly globalScope: { readonly through: readonly ScopeReference[] } | null };
}

interface ScopeReference {
  readonly identifier: SyntaxNode & { readonly name: string };
  isWrite(): boolean;
}

// Both parsers load at the first function shipped, not with the package; capture is synchronous, so `import()` cannot do it.
const require = createRequire(import.meta.url);

/** @throws SyntaxError where the text is not JavaScript. */
export function parseModule(text: string): SyntaxNode {
  const { parse } = require('acorn') as Acorn;
  return parse(text, {
    ecmaVersion: 'latest',
    sourceType: 'module',
    allowHashBang: true,
    ranges: true,
    allowReturnOutsideFunction: true,
  });
}

export function unresolvedReferences(tree: SyntaxNode): readonly UnresolvedReference[] {
  const { analyze } = require('eslint-scope') as EslintScope;
  const through =
    analyze(tree, { ecmaVersion: 2024, sourceType: 'module', ignoreEval: true }).globalScope?.through ?? [];
  return through.map(reference => ({
    name: reference.identifier.name,
    start: reference.identifier.start,
    end: reference.identifier.end,
    writes: reference.isWrite(),
  }));
}

/** Visits a node and all below it; `enter` gives false to leave out what is below. */
export function walk(
  node: SyntaxNode,
  enter: (node: SyntaxNode, parent: SyntaxNode | undefined) => boolean,
  parent?: SyntaxNode,
): void {
  if (!enter(node, parent)) return;
  for (const child of childrenOf(node)) walk(child, enter, node);
}

function* childrenOf(node: SyntaxNode): Generator<SyntaxNode> {
  for (const key in node) {
    const value = node[key];
    if (Array.isArray(value)) {
      for (const element of value) if (isNode(element)) yield element;
    } else if (isNode(value)) yield value;
  }
}

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && typeof (value as SyntaxNode).type === 'string';
}

export function isFunctionNode(node: SyntaxNode): boolean {
  return (
    node.type === 'FunctionDeclaration' || node.type === 'FunctionExpression' || node.type === 'ArrowFunctionExpression'
  );
}

export function isClassNode(node: SyntaxNode): boolean {
  return node.type === 'ClassDeclaration' || node.type === 'ClassExpression';
}

/** The text of a string literal, or undefined for any other node. */
export function stringOf(node: unknown): string | undefined {
  return isNode(node) && node.type === 'Literal' && typeof node.value === 'string' ? node.value : undefined;
}

/** The name of an identifier, or undefined for any other node. */
export function identifierOf(node: unknown): string | undefined {
  return isNode(node) && node.type === 'Identifier' ? (node.name as string) : undefined;
}
