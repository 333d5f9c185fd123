import { identifierOf, isFunctionNode, type SyntaxNode, stringOf } from './syntax-tree.js';

/** The statements of a module, seen through what loaders wrap around it: vitest an async function, tsx (CommonJS) one that is called. */
export function* moduleStatements(node: SyntaxNode): Generator<SyntaxNode> {
  for (const statement of node.body as SyntaxNode[]) {
    if (statement.type === 'BlockStatement') {
      yield* moduleStatements(statement);
      continue;
    }
    const expression = statement.type === 'ExpressionStatement' ? (statement.expression as SyntaxNode) : undefined;
    const wrapper = expression?.type === 'CallExpression' ? (expression.callee as SyntaxNode) : expression;
    const body = wrapper !== undefined && isFunctionNode(wrapper) ? (wrapper.body as SyntaxNode) : undefined;
    if (body?.type === 'BlockStatement') yield* moduleStatements(body);
    else yield statement;
  }
}

export function declarators(statement: SyntaxNode): readonly SyntaxNode[] {
  return statement.type === 'VariableDeclaration' ? (statement.declarations as SyntaxNode[]) : [];
}

export function argumentsOf(call: SyntaxNode): readonly SyntaxNode[] {
  return call.arguments as SyntaxNode[];
}

/** Module export names may be identifiers or strings. */
export function moduleName(node: unknown): string {
  return identifierOf(node) ?? stringOf(node) ?? '';
}
