import { createRequire } from 'node:module';
import type { InspectedFunction } from './inspect-function.js';
import { moduleFacts } from './module-facts.js';
import type { Script } from './script.js';

const { cache } = createRequire(import.meta.url);

/**
 * The name under which a function's own module exports it, found without importing that module: `import()` of a module that is
 * still in its top-level await would wait for ever.
 * @param offset where the function's text starts in its script
 */
export function exportedName(
  fn: { readonly name: string },
  inspected: InspectedFunction,
  offset: number,
): string | undefined {
  const { exports } = moduleFacts(inspected.script);
  // Code of a module's top level runs once, so what stands there is this very function.
  const written = exports.filter(item => item.start === offset).map(item => item.exported);
  if (written.length > 0) return written.find(name => name === fn.name) ?? written[0];
  // An export may also be made by a call: `export const work = memoize(…)`. The module's variables then tell.
  const moduleScopes = inspected.scopes.slice(-2);
  const bound = exports.find(
    ({ local }) =>
      local !== undefined &&
      moduleScopes.some(scope => Object.hasOwn(scope.object, local) && scope.object[local] === fn),
  );
  return bound?.exported ?? commonJsName(fn, inspected.script);
}

function commonJsName(fn: object, script: Script): string | undefined {
  const exports: unknown = script.path === undefined ? undefined : cache[script.path]?.exports;
  if (exports === fn) return 'default';
  if (typeof exports !== 'object' || exports === null) return undefined;
  return Object.keys(exports).find(key => (exports as Record<string, unknown>)[key] === fn);
}
