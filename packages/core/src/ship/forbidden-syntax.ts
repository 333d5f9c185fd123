import { moveToModule } from './explain.js';
import { identifierOf, isClassNode, type SyntaxNode, type UnresolvedReference, walk } from './syntax-tree.js';

/** Syntax whose meaning depends on where the function stood. */
export interface ForbiddenSyntax {
  /** What the function does, as it follows its name. */
  readonly because: string;
  readonly hint: string;
}

const rules = {
  this: {
    because: "is an arrow function that uses 'this' of the code around it",
    hint: "pass what it needs as a captured const or as an argument, instead of 'this'",
  },
  super: {
    because: "uses 'super', which has no meaning outside its class or object",
    hint: 'call the function of the base by its name, or export the class from a module of its own',
  },
  arguments: {
    because: "is an arrow function that uses 'arguments' of the function around it",
    hint: 'copy what it needs to a const first, or use a rest parameter',
  },
  eval: {
    because: "calls 'eval' directly, and what that uses cannot be known",
    hint: 'write the code out, or use new Function with arguments',
  },
  importMeta: {
    because: "uses 'import.meta', which would be that of the bundle",
    hint: `take what it needs from import.meta to a const outside the function, or ${moveToModule}`,
  },
} satisfies Record<string, ForbiddenSyntax>;

/** The first thing in a function or class that would mean something else, or nothing, in another place. */
export function findForbidden(
  node: SyntaxNode,
  references: readonly UnresolvedReference[],
): ForbiddenSyntax | undefined {
  if (references.some(reference => reference.name === 'arguments')) return rules.arguments;
  const names = new Set(references.map(reference => reference.name));
  if (names.has('__vite_ssr_import_meta__')) return rules.importMeta;
  if (isClassNode(node)) return findAnywhere(node, names);
  return (
    findAnywhere(node, names) ??
    (node.type === 'ArrowFunctionExpression' ? findThis(node) : undefined) ??
    findSuper(node)
  );
}

function findAnywhere(root: SyntaxNode, unresolved: ReadonlySet<string>): ForbiddenSyntax | undefined {
  let found: ForbiddenSyntax | undefined;
  walk(root, node => {
    if (node.type === 'MetaProperty' && identifierOf(node.meta) === 'import') found ??= rules.importMeta;
    if (node.type === 'CallExpression' && identifierOf(node.callee) === 'eval' && unresolved.has('eval')) {
      found ??= rules.eval;
    }
    return found === undefined;
  });
  return found;
}

function findThis(root: SyntaxNode): ForbiddenSyntax | undefined {
  let found: ForbiddenSyntax | undefined;
  walk(root, node => {
    if (node.type === 'ThisExpression') found = rules.this;
    // These have a `this` of their own. A class's heritage and computed keys have not, and nobody writes `this` there.
    const ownsThis =
      node.type === 'FunctionDeclaration' || node.type === 'FunctionExpression' || node.type === 'ClassBody';
    return found === undefined && !ownsThis;
  });
  return found;
}

function findSuper(root: SyntaxNode): ForbiddenSyntax | undefined {
  let found: ForbiddenSyntax | undefined;
  walk(root, (node, parent) => {
    if (node.type === 'Super') found = rules.super;
    const isMethod = parent?.type === 'Property' && (parent.method === true || parent.kind !== 'init');
    return found === undefined && node.type !== 'ClassBody' && !(isMethod && node === parent.value);
  });
  return found;
}
