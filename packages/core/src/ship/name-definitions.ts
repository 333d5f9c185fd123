import type { CodeDefinition, Definition } from './definitions.js';

/** A use of a definition in some code, under the name that the code has for it. */
interface Use {
  readonly name: string;
  readonly text: string;
}

const identifier = /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u;
const reservedWords = new Set(
  `arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for
function if implements import in instanceof interface let new null package private protected public return static super switch this
throw true try typeof var void while with yield`.split(/\s+/),
);

/**
 * Gives each definition a name of its own in the bundle: the user's where possible, so that code stays as it was written. A name
 * is not used where some code means a global by it, or has a variable of that name in the way.
 */
export function nameDefinitions(definitions: readonly Definition[], taken: Iterable<string>): Map<Definition, string> {
  const codes = definitions.filter(item => item.kind === 'code');
  const used = new Set([...taken, ...globalsOf(codes)]);
  const uses = usesOf(codes);
  const names = new Map<Definition, string>();
  for (const definition of definitions) {
    const { preferredName } = definition;
    const base = identifier.test(preferredName) && !reservedWords.has(preferredName) ? preferredName : 'anonymous';
    let name = base;
    for (let count = 1; !isFree(name); count++) name = `${base}$${count}`;
    used.add(name);
    names.set(definition, name);

    function isFree(candidate: string): boolean {
      return (
        !used.has(candidate) &&
        (uses.get(definition) ?? []).every(use => use.name === candidate || !use.text.includes(candidate))
      );
    }
  }
  return names;
}

function* globalsOf(codes: readonly CodeDefinition[]): Generator<string> {
  for (const { code, bindings } of codes) {
    for (const { name } of code.references) if (!bindings.has(name)) yield name;
  }
}

function usesOf(codes: readonly CodeDefinition[]): Map<Definition, Use[]> {
  const uses = new Map<Definition, Use[]>();
  for (const { code, bindings, base } of codes) {
    const bound = base === undefined ? bindings : [...bindings, [code.shape?.heritage?.name ?? '', base] as const];
    for (const [name, definition] of bound) {
      const known = uses.get(definition);
      if (known === undefined) uses.set(definition, [{ name, text: code.text }]);
      else known.push({ name, text: code.text });
    }
  }
  return uses;
}
