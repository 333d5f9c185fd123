import { type ExportBinding, readExports } from './export-bindings.js';
import { type ImportBinding, type LoadedBinding, readImport, readLoaded } from './import-bindings.js';
import { moduleStatements } from './module-statements.js';
import type { Script } from './script.js';
import { isFunctionNode, parseModule, type SyntaxNode, walk } from './syntax-tree.js';

/** What the text of a module says of its names. */
export interface ModuleFacts {
  readonly imports: ReadonlyMap<string, ImportBinding>;
  /** Several where the same name occurs in several scopes. */
  readonly loaded: ReadonlyMap<string, readonly LoadedBinding[]>;
  readonly exports: readonly ExportBinding[];
  /** Offsets of the functions that lie in no other function, a module's wrapper not counted: [start, end). */
  readonly functionRanges: readonly (readonly [number, number])[];
}

const nothing: ModuleFacts = { imports: new Map(), loaded: new Map(), exports: [], functionRanges: [] };
const facts = new WeakMap<Script, ModuleFacts>();

export function moduleFacts(script: Script): ModuleFacts {
  let known = facts.get(script);
  if (known === undefined) {
    known = readFacts(script.source);
    facts.set(script, known);
  }
  return known;
}

function readFacts(source: string): ModuleFacts {
  let program: SyntaxNode;
  try {
    program = parseModule(source);
  } catch (error) {
    // Not a module (a sloppy script): then it has no imports or exports that could be read from its text.
    if (error instanceof SyntaxError) return nothing;
    throw error;
  }
  const statements = [...moduleStatements(program)];
  const imports = new Map<string, ImportBinding>();
  for (const statement of statements) readImport(statement, imports);
  return {
    imports,
    loaded: readLoaded(program),
    exports: readExports(statements),
    functionRanges: [...outermostFunctions(statements)],
  };
}

function* outermostFunctions(statements: readonly SyntaxNode[]): Generator<readonly [number, number]> {
  const ranges: (readonly [number, number])[] = [];
  for (const statement of statements) {
    walk(statement, node => {
      if (!isFunctionNode(node)) return true;
      ranges.push([node.start, node.end]);
      return false;
    });
  }
  yield* ranges;
}
