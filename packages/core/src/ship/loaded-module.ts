import { createRequire, isBuiltin } from 'node:module';
import path from 'node:path';
import type { ModuleRequest } from './definitions.js';
import type { ImportBinding, LoadedBinding } from './import-bindings.js';
import type { Script } from './script.js';

const { cache } = createRequire(import.meta.url);

/** An import as the bundler will see it. */
export interface ModuleImport {
  readonly module: ModuleRequest;
  /** An export's name, `*` for the module as a whole, `require` for what `require` gives. */
  readonly imported: string;
}

export function importOf(binding: ImportBinding, script: Script): ModuleImport {
  const fromDir = script.path === undefined ? process.cwd() : path.dirname(script.path);
  return { module: { specifier: binding.specifier, fromDir }, imported: binding.imported };
}

/** The import that gives the same value as a variable that was given a module at run time; undefined where it holds something else. */
export function loadedImport(
  candidates: readonly LoadedBinding[],
  value: unknown,
  script: Script,
): ModuleImport | undefined {
  const match = candidates.find(candidate => holds(candidate, value, script));
  if (match === undefined) return undefined;
  const found = importOf(match, script);
  return match.loader === 'require' && match.imported === '*' ? { ...found, imported: 'require' } : found;
}

function holds(binding: LoadedBinding, value: unknown, script: Script): boolean {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  switch (binding.loader) {
    case 'require': {
      const exports = requiredExports(binding.specifier, script);
      const expected =
        binding.imported === '*' ? exports : (exports as Record<string, unknown> | undefined)?.[binding.imported];
      return expected === value;
    }
    case 'wrapped-require':
      return binding.imported !== '*' || 'default' in value;
    case 'import':
      // Single functions are found by themselves, where their module exports them.
      return binding.imported === '*' && Object.prototype.toString.call(value) === '[object Module]';
  }
}

/** What `require` gave, from its cache: nothing is loaded. */
function requiredExports(specifier: string, script: Script): unknown {
  if (isBuiltin(specifier)) return process.getBuiltinModule(specifier);
  if (script.path === undefined) return undefined;
  try {
    return cache[createRequire(script.path).resolve(specifier)]?.exports;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

/** Node's own module and export that a function is, such as `readFileSync` of `fs`. */
export function builtinExport(fn: object, script: Script): ModuleImport | undefined {
  if (!script.url.startsWith('node:') || !isBuiltin(script.url)) return undefined;
  const exports = process.getBuiltinModule(script.url) as Record<string, unknown> | undefined;
  if (exports === undefined) return undefined;
  const module = { specifier: script.url, fromDir: process.cwd() };
  if (exports === fn) return { module, imported: 'default' };
  const imported = Object.keys(exports).find(key => exports[key] === fn);
  return imported === undefined ? undefined : { module, imported };
}
