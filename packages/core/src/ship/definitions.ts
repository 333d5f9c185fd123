import type { FunctionText } from './function-text.js';
import type { Script } from './script.js';

/** A module as some file names it. */
export interface ModuleRequest {
  readonly specifier: string;
  /** Folder of the file that names it. */
  readonly fromDir: string;
}

/** Something that the bundle defines under a name of its own. */
export type Definition = DataDefinition | CodeDefinition | ImportDefinition | ExpressionDefinition;

interface Named {
  /** The name that the user gave it; the bundle uses it where it is free. */
  readonly preferredName: string;
}

/** A value that travels beside the bundle. */
export interface DataDefinition extends Named {
  readonly kind: 'data';
  readonly value: unknown;
  /** Functions that stand inside the value: they are put back once both are there. */
  readonly functions: readonly { readonly keys: readonly (string | number)[]; readonly definition: Definition }[];
  /** From the shipped function to the variable. */
  readonly path: readonly string[];
}

/** A function or class that is written into the bundle. */
export interface CodeDefinition extends Named {
  readonly kind: 'code';
  readonly code: FunctionText;
  readonly script: Script;
  /** Where `code.text` starts in the script. */
  readonly offset: number;
  /** What the free names of the code stand for; names of globals are missing. */
  readonly bindings: Map<string, Definition>;
  /** Of a class with `extends`: what the expression there gave. */
  base: Definition | undefined;
  /** Properties that are set on the function or class after it is defined. */
  readonly properties: Map<string, Definition>;
}

/** An import, done by the bundler. */
export interface ImportDefinition extends Named {
  readonly kind: 'import';
  readonly module: ModuleRequest;
  /** An export's name, or `*` for the module as a whole, or `require` for what `require` gives. */
  readonly imported: string;
}

/** Something that an expression gives anywhere: `Math.max`. */
interface ExpressionDefinition extends Named {
  readonly kind: 'expression';
  readonly expression: string;
}

/** All that one shipped function needs. */
export interface Capture {
  readonly root: CodeDefinition;
  /** The root and all that it reaches, each once, in the order found. */
  readonly definitions: readonly Definition[];
  readonly warnings: readonly string[];
}
