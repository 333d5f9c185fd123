import { argumentsOf, declarators, moduleName } from './module-statements.js';
import { identifierOf, isNode, type SyntaxNode, stringOf, walk } from './syntax-tree.js';

/** What a name of a module stands for when it was imported: `imported` of the module `specifier`. */
export interface ImportBinding {
  readonly specifier: string;
  /** An export's name, or `*` for the module as a whole. */
  readonly imported: string;
}

/** A variable that was given a module at run time: by `require`, a compiler's wrapper of it, or `await import`. */
export interface LoadedBinding extends ImportBinding {
  readonly loader: 'require' | 'wrapped-require' | 'import';
}

/** Adds what one statement imports. */
export function readImport(statement: SyntaxNode, imports: Map<string, ImportBinding>): void {
  if (statement.type === 'ImportDeclaration') {
    const specifier = stringOf(statement.source)!;
    for (const item of statement.specifiers as SyntaxNode[]) {
      const imported =
        item.type === 'ImportSpecifier'
          ? moduleName(item.imported)
          : item.type === 'ImportDefaultSpecifier'
            ? 'default'
            : '*';
      imports.set(identifierOf(item.local)!, { specifier, imported });
    }
    return;
  }
  // vitest: const __vite_ssr_import_0__ = await __vite_ssr_import__("/src/x.ts", …)
  for (const declarator of declarators(statement)) {
    const call = awaited(declarator.init);
    const local = identifierOf(declarator.id);
    if (local === undefined || call === undefined || identifierOf(call.callee) !== '__vite_ssr_import__') continue;
    const specifier = stringOf(argumentsOf(call)[0]);
    if (specifier !== undefined) imports.set(local, { specifier, imported: '*' });
  }
}

/** Finds the variables of a whole program that hold modules. */
export function readLoaded(program: SyntaxNode): Map<string, LoadedBinding[]> {
  const loaded = new Map<string, LoadedBinding[]>();
  const add = (name: string | undefined, binding: LoadedBinding): void => {
    if (name !== undefined) loaded.set(name, [...(loaded.get(name) ?? []), binding]);
  };
  walk(program, node => {
    if (node.type !== 'VariableDeclarator') return true;
    const source = loadedModule(node.init);
    if (source === undefined) return true;
    const target = node.id as SyntaxNode;
    add(identifierOf(target), { ...source, imported: '*' });
    if (target.type === 'ObjectPattern') {
      for (const property of target.properties as SyntaxNode[]) {
        const imported = identifierOf(property.key);
        if (imported !== undefined) add(identifierOf(property.value), { ...source, imported });
      }
    }
    return true;
  });
  return loaded;
}

function loadedModule(init: unknown): Pick<LoadedBinding, 'specifier' | 'loader'> | undefined {
  if (!isNode(init)) return undefined;
  const required = requiredModule(init);
  if (required !== undefined) return { specifier: required, loader: 'require' };
  const value = init.type === 'AwaitExpression' ? withoutThen(init.argument as SyntaxNode) : undefined;
  if (value?.type === 'ImportExpression') {
    const specifier = stringOf(value.source);
    return specifier === undefined ? undefined : { specifier, loader: 'import' };
  }
  if (value?.type === 'CallExpression' && identifierOf(value.callee) === '__vite_ssr_dynamic_import__') {
    const specifier = stringOf(argumentsOf(value)[0]);
    return specifier === undefined ? undefined : { specifier, loader: 'import' };
  }
  // __toESM(require("x")), __importStar(require("x")) and their like
  if (init.type === 'CallExpression') {
    const inner = argumentsOf(init)[0];
    const specifier = inner === undefined ? undefined : requiredModule(inner);
    if (specifier !== undefined) return { specifier, loader: 'wrapped-require' };
  }
  return undefined;
}

/** tsx writes `import("./x.js").then(…)`, for modules that are CommonJS in the end. */
function withoutThen(node: SyntaxNode): SyntaxNode {
  const callee = node.type === 'CallExpression' ? (node.callee as SyntaxNode) : undefined;
  const isThen = callee?.type === 'MemberExpression' && identifierOf(callee.property) === 'then';
  return isThen ? (callee.object as SyntaxNode) : node;
}

function requiredModule(node: SyntaxNode): string | undefined {
  return node.type === 'CallExpression' && identifierOf(node.callee) === 'require'
    ? stringOf(argumentsOf(node)[0])
    : undefined;
}

function awaited(node: unknown): SyntaxNode | undefined {
  const value = isNode(node) && node.type === 'AwaitExpression' ? node.argument : undefined;
  return isNode(value) && value.type === 'CallExpression' ? value : undefined;
}
