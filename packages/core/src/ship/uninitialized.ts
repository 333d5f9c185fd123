import type { Frame } from './running-modules.js';
import type { Script } from './script.js';
import { identifierOf, isFunctionNode, parseModule, type SyntaxNode, walk } from './syntax-tree.js';

interface Declaration {
  readonly end: number;
  /** The function around it, undefined at the top of the module. */
  readonly owner: SyntaxNode | undefined;
}

/**
 * True where a variable has no value yet because the code has not come to its declaration. V8's scopes show `undefined` then, so
 * this looks for a caller that stands before the declaration, in the same function.
 */
export function isUninitialized(name: string, script: Script, frames: readonly Frame[]): boolean {
  const offsets = frames.filter(frame => frame.path === script.path).map(frame => frame.offset);
  if (script.path === undefined || offsets.length === 0) return false;
  let tree: SyntaxNode;
  try {
    tree = parseModule(script.source);
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
  const functions: SyntaxNode[] = [];
  const declarations: Declaration[] = [];
  const visit = (node: SyntaxNode, owner: SyntaxNode | undefined): void => {
    walk(node, current => {
      if (current !== node && isFunctionNode(current)) {
        functions.push(current);
        visit(current, current);
        return false;
      }
      const isLexical = current.type === 'VariableDeclaration' && current.kind !== 'var';
      const declared = isLexical
        ? (current.declarations as SyntaxNode[])
        : current.type === 'ClassDeclaration'
          ? [current]
          : [];
      for (const item of declared) if (identifierOf(item.id) === name) declarations.push({ end: item.end, owner });
      return true;
    });
  };
  visit(tree, undefined);
  const ownerOf = (offset: number): SyntaxNode | undefined =>
    functions.filter(node => node.start <= offset && offset < node.end).sort((a, b) => b.start - a.start)[0];
  return declarations.some(({ owner, end }) => offsets.some(offset => offset < end && ownerOf(offset) === owner));
}
