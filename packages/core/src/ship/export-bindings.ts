import { argumentsOf, declarators, moduleName } from './module-statements.js';
import { identifierOf, isClassNode, isFunctionNode, isNode, type SyntaxNode, stringOf, walk } from './syntax-tree.js';

export interface ExportBinding {
  readonly exported: string;
  /** The variable that is exported; undefined for `export default <expression>`. */
  readonly local: string | undefined;
  /** Offset of the function or class that the export is for good: a declaration, or the value of a const. */
  readonly start: number | undefined;
}

export function readExports(statements: readonly SyntaxNode[]): ExportBinding[] {
  const values = new Map<string, number>();
  const found: { readonly exported: string; readonly local: string | undefined; readonly start?: number }[] = [];
  for (const statement of statements) {
    const declared = statement.type.startsWith('Export') ? statement.declaration : statement;
    if (isNode(declared)) readValues(declared, values);
    if (statement.type === 'ExportNamedDeclaration' && !isNode(statement.source)) {
      if (isNode(declared)) for (const name of declaredNames(declared)) found.push({ exported: name, local: name });
      for (const item of statement.specifiers as SyntaxNode[]) {
        found.push({ exported: moduleName(item.exported), local: moduleName(item.local) });
      }
    } else if (statement.type === 'ExportDefaultDeclaration' && isNode(declared)) {
      const local = identifierOf(declared) ?? identifierOf(declared.id);
      found.push({ exported: 'default', local, ...(local === undefined ? { start: namedValue(declared).start } : {}) });
    }
    const vite = viteExport(statement);
    if (vite !== undefined) found.push(vite);
  }
  return found.map(({ exported, local, start }) => ({
    exported,
    local,
    start: start ?? (local === undefined ? undefined : values.get(local)),
  }));
}

/** vitest: __vite_ssr_exportName__("work", () => { try { return work } catch {} }) */
function viteExport(statement: SyntaxNode): { readonly exported: string; readonly local: string } | undefined {
  const call = statement.type === 'ExpressionStatement' ? (statement.expression as SyntaxNode) : undefined;
  if (call?.type !== 'CallExpression' || identifierOf(call.callee) !== '__vite_ssr_exportName__') return undefined;
  const [name, getter] = argumentsOf(call);
  const exported = stringOf(name);
  let local: string | undefined;
  if (getter !== undefined) {
    walk(getter, node => {
      if (node.type === 'ReturnStatement') local ??= identifierOf(node.argument);
      return true;
    });
  }
  return exported === undefined || local === undefined ? undefined : { exported, local };
}

/** Where the functions and classes stand that names of a module are bound to for good. */
function readValues(statement: SyntaxNode, values: Map<string, number>): void {
  if (isFunctionNode(statement) || isClassNode(statement)) {
    const name = identifierOf(statement.id);
    if (name !== undefined) values.set(name, statement.start);
  }
  if (statement.type !== 'VariableDeclaration' || statement.kind !== 'const') return;
  for (const declarator of declarators(statement)) {
    const name = identifierOf(declarator.id);
    if (name !== undefined && isNode(declarator.init)) values.set(name, namedValue(declarator.init).start);
  }
}

/** esbuild, and so tsx, writes `__name(() => {}, "work")` to keep a function's name. */
function namedValue(node: SyntaxNode): SyntaxNode {
  const value = node.type === 'CallExpression' && identifierOf(node.callee) === '__name' ? argumentsOf(node)[0] : node;
  return value ?? node;
}

function declaredNames(declaration: SyntaxNode): string[] {
  const nodes = declaration.type === 'VariableDeclaration' ? declarators(declaration) : [declaration];
  return nodes.map(node => identifierOf(node.id)).filter(name => name !== undefined);
}
