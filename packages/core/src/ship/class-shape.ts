import { identifierOf, isNode, type SyntaxNode, stringOf } from './syntax-tree.js';

/** What a class's text declares, and what of it is evaluated when the class is defined. */
export interface ClassShape {
  /** Names of static fields: their initializers run again where the class is defined again. */
  readonly staticFields: ReadonlySet<string>;
  /** Names of static methods and accessors. */
  readonly staticMethods: ReadonlySet<string>;
  /** Methods and accessors of instances, by name: the texts of those declared under it. */
  readonly methods: ReadonlyMap<string, readonly string[]>;
  /** True where some key is computed, so that the names above are not all of them. */
  readonly hasComputedKeys: boolean;
  /** The expression after `extends`. */
  readonly heritage: { readonly start: number; readonly end: number; readonly name: string | undefined } | undefined;
  /** Ranges of the text that run at definition, the heritage left out: computed keys, static initializers and blocks. */
  readonly definitionRanges: readonly (readonly [number, number])[];
  readonly hasPrivateMembers: boolean;
}

/** @param prefix what stands before the class's text in the tree's offsets */
export function classShape(node: SyntaxNode, prefix: number, text: string): ClassShape {
  const staticFields = new Set<string>();
  const staticMethods = new Set<string>();
  const methods = new Map<string, string[]>();
  const definitionRanges: (readonly [number, number])[] = [];
  let hasComputedKeys = false;
  let hasPrivateMembers = false;
  const evaluated = (part: unknown): void => {
    if (isNode(part)) definitionRanges.push([part.start - prefix, part.end - prefix]);
  };
  const base = node.superClass as SyntaxNode | null;
  const heritage =
    base === null ? undefined : { start: base.start - prefix, end: base.end - prefix, name: identifierOf(base) };
  for (const member of (node.body as SyntaxNode).body as SyntaxNode[]) {
    if (member.type === 'StaticBlock') {
      evaluated(member);
      continue;
    }
    const key = member.key as SyntaxNode;
    if (key.type === 'PrivateIdentifier') hasPrivateMembers = true;
    if (member.computed === true) {
      hasComputedKeys = true;
      evaluated(key);
    }
    const isField = member.type === 'PropertyDefinition';
    if (isField && member.static === true) evaluated(member.value);
    const name = member.computed === true ? undefined : (identifierOf(key) ?? stringOf(key));
    if (name === undefined) continue;
    if (member.static === true) (isField ? staticFields : staticMethods).add(name);
    else if (!isField) {
      // A function's text has neither the decorators nor the `static` before it.
      const method = text.slice(member.start - prefix, member.end - prefix);
      methods.set(name, [...(methods.get(name) ?? []), method]);
    }
  }
  return { staticFields, staticMethods, methods, hasComputedKeys, heritage, definitionRanges, hasPrivateMembers };
}
