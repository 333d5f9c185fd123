import { createRequire } from 'node:module';
import path from 'node:path';
import type { Capture, CodeDefinition, DataDefinition, Definition, ImportDefinition } from './definitions.js';
import { detachFunctions } from './detach-functions.js';
import { cannotShip, moveToModule, quote, type Refusal, type Subject, withoutSource } from './explain.js';
import { place, textOffset } from './function-place.js';
import { extraProperties } from './function-properties.js';
import { type FreeReference, type FunctionText, readFunctionText } from './function-text.js';
import type { FunctionInspector, InspectedFunction } from './inspect-function.js';
import { builtinExport, importOf, loadedImport, type ModuleImport } from './loaded-module.js';
import { exportedName } from './locate-export.js';
import { moduleFacts } from './module-facts.js';
import { type Frame, isRunning } from './running-modules.js';
import type { Script } from './script.js';
import { isUninitialized } from './uninitialized.js';
import { standardGlobals, wellKnownExpression } from './well-known.js';

const { cache: moduleCache } = createRequire(import.meta.url);

/**
 * Finds all that an inline function needs, and copies nothing yet: functions and classes as source text, imports as imports,
 * everything else as values.
 * @throws MegalithError CANNOT_SHIP
 */
export class Capturer {
  readonly #inspector: FunctionInspector;
  readonly #subject: Subject;
  readonly #frames: readonly Frame[];
  readonly #definitions: Definition[] = [];
  readonly #warnings: string[] = [];
  /** What a value became; two variables with one object keep one object. */
  readonly #known = new Map<unknown, Definition>();
  readonly #copies = new Map<object, unknown>();
  #rootPath: string | undefined;

  constructor(inspector: FunctionInspector, subject: Subject, frames: readonly Frame[]) {
    this.#inspector = inspector;
    this.#subject = subject;
    this.#frames = frames;
  }

  capture(fn: { readonly name: string }): Capture {
    const root = this.#code(fn, fn.name, [this.#subject.name]);
    if (root.kind !== 'code') throw new Error('the root of a capture is code');
    return { root, definitions: this.#definitions, warnings: this.#warnings };
  }

  #code(fn: object, preferredName: string, trail: readonly string[]): Definition {
    const inspected = this.#inspector.inspect(fn);
    if (inspected === undefined) this.#refuse(withoutSource(fn, trail));
    const text = Function.prototype.toString.call(fn);
    const offset = textOffset(inspected, text);
    if (trail.length === 1) this.#rootPath = inspected.script.path;
    else {
      const imported = this.#importOfFunction(fn as { name: string }, inspected, offset);
      if (imported !== undefined) return this.#import(imported, preferredName, fn);
    }
    const who = trail.length === 1 ? 'it' : `captured ${quote(trail.at(-1)!)} (${place(inspected.script, offset)})`;
    const code = readFunctionText(text);
    const refuse = (because: string, hint: string): never =>
      this.#refuse({
        because: `${who} ${because}`,
        hint,
        ...(trail.length > 1 ? { variable: trail.at(-1)!, path: trail } : {}),
      });
    if ('reason' in code)
      return refuse(`has source that cannot stand alone: ${code.reason}`, `use a plain function, or ${moveToModule}`);
    if (code.forbidden !== undefined) return refuse(code.forbidden.because, code.forbidden.hint);
    const extra = extraProperties(fn, code.shape);
    if ('because' in extra) return refuse(extra.because, moveToModule);

    const definition: CodeDefinition = {
      kind: 'code',
      preferredName,
      code,
      script: inspected.script,
      offset,
      bindings: new Map(),
      base: undefined,
      properties: new Map(),
    };
    if (code.bodyImports.some(item => item.specifier === undefined)) {
      this.#warnings.push(
        `${place(inspected.script, offset)} imports a module by a computed name, which must be found where the task runs`,
      );
    }
    // Known before its variables are looked at: functions may call each other.
    this.#add(fn, definition);
    definition.base = this.#base(fn, code, inspected.script, trail);
    for (const [name, references] of code.freeNames) {
      const bound = this.#bind(name, references, code, inspected, trail, who);
      if (bound !== undefined) definition.bindings.set(name, bound);
    }
    for (const { name, value } of extra.properties) {
      definition.properties.set(name, this.#value(value, name, [...trail, name], inspected.script));
    }
    return definition;
  }

  /**
   * What a class extends. The variable in `extends` is often out of reach, because only the definition reads it; the prototype
   * chain always has its value.
   */
  #base(fn: object, { shape }: FunctionText, script: Script, trail: readonly string[]): Definition | undefined {
    const base: unknown = Object.getPrototypeOf(fn);
    if (shape?.heritage === undefined || typeof base !== 'function' || base === Function.prototype) return undefined;
    const { name = 'Base' } = shape.heritage;
    const binding = moduleFacts(script).imports.get(name);
    if (binding !== undefined) return this.#import(importOf(binding, script), name, base);
    return this.#value(base, name, [...trail, name], script);
  }

  /** What a free name stands for; undefined for globals. */
  #bind(
    name: string,
    references: readonly FreeReference[],
    code: FunctionText,
    inspected: InspectedFunction,
    trail: readonly string[],
    who: string,
  ): Definition | undefined {
    const { script, scopes } = inspected;
    const path = [...trail, name];
    if (name === '__vite_ssr_dynamic_import__') return undefined;
    const scope = scopes.find(item => Object.hasOwn(item.object, name));
    const value = scope?.object[name];
    if (name === 'require' && isRequire(value)) return undefined;
    const facts = moduleFacts(script);
    const isModuleLevel =
      scope === undefined || scope.description === 'Module' || name.startsWith('__vite_ssr_import_');
    const binding = isModuleLevel ? facts.imports.get(name) : undefined;
    if (scope === undefined && binding === undefined) return this.#global(name, code, path, who);
    const write = references.find(reference => reference.writes);
    if (write !== undefined) {
      this.#refuse({
        because: `${who === 'it' ? 'it' : who} assigns to the captured variable ${quote(name)}, and a write there would never come back`,
        hint: 'return the value instead, and combine the results here',
        variable: name,
        path,
      });
    }
    if (binding !== undefined) return this.#import(importOf(binding, script), name);
    const loaded = loadedImport(facts.loaded.get(name) ?? [], value, script);
    if (loaded !== undefined) return this.#import(loaded, name, value);
    if (value === undefined && isUninitialized(name, script, this.#frames)) {
      this.#refuse({
        because: `captured ${quote(name)} has no value yet: its declaration comes after this call`,
        hint: `declare ${quote(name)} before the call`,
        variable: name,
        path,
      });
    }
    return this.#value(value, name, path, script);
  }

  #global(name: string, code: FunctionText, path: readonly string[], who: string): undefined {
    if (standardGlobals().has(name) || code.optional.has(name)) return undefined;
    const added = Object.hasOwn(globalThis, name);
    this.#refuse({
      because: added
        ? `${who} uses the global variable ${quote(name)}, which exists in this process only`
        : `${who} uses ${quote(name)}, which is not declared where it was written`,
      hint: added ? `copy ${quote(name)} to a const next to the function` : 'check the spelling, or add the import',
      variable: name,
      path,
    });
  }

  #value(value: unknown, name: string, path: readonly string[], script: Script): Definition {
    // Numbers and strings that are equal need not be one variable.
    const key = isReference(value) ? value : `${name}:${typeof value}:${Object.is(value, -0) ? '-0' : String(value)}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const expression = isRequire(value) ? 'require' : wellKnownExpression(value);
    if (expression !== undefined) return this.#add(key, { kind: 'expression', preferredName: name, expression });
    if (typeof value === 'symbol') {
      const description = JSON.stringify(value.description);
      return this.#add(key, { kind: 'expression', preferredName: name, expression: `Symbol(${description ?? ''})` });
    }
    if (typeof value === 'function') return this.#code(value, name, path);
    const detached = detachFunctions(value, this.#copies);
    const functions: DataDefinition['functions'][number][] = [];
    const definition = this.#add(key, { kind: 'data', preferredName: name, value: detached.value, functions, path });
    for (const { keys, fn } of detached.functions) {
      const label = `${name}${keys.map(item => (typeof item === 'number' ? `[${item}]` : `.${item}`)).join('')}`;
      functions.push({ keys, definition: this.#value(fn, String(keys.at(-1)), [...path.slice(0, -1), label], script) });
    }
    return definition;
  }

  /** Functions of other files are imported where they are exported, so that they keep their module's state and classes. */
  #importOfFunction(
    fn: { readonly name: string },
    inspected: InspectedFunction,
    offset: number,
  ): ModuleImport | undefined {
    const { script } = inspected;
    const builtin = builtinExport(fn, script);
    if (builtin !== undefined) return builtin;
    if (script.path === undefined || script.path === this.#rootPath || isRunning(script, this.#frames))
      return undefined;
    const imported = exportedName(fn, inspected, offset);
    return imported === undefined
      ? undefined
      : { module: { specifier: script.path, fromDir: path.dirname(script.path) }, imported };
  }

  #import({ module, imported }: ModuleImport, preferredName: string, value?: unknown): Definition {
    const key = `import ${module.fromDir}|${module.specifier}|${imported}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const definition: ImportDefinition = { kind: 'import', preferredName, module, imported };
    if (isReference(value)) this.#known.set(value, definition);
    return this.#add(key, definition);
  }

  #add<D extends Definition>(key: unknown, definition: D): D {
    this.#known.set(key, definition);
    this.#definitions.push(definition);
    return definition;
  }

  #refuse(refusal: Refusal): never {
    throw cannotShip(this.#subject, refusal);
  }
}

function isRequire(value: unknown): boolean {
  return typeof value === 'function' && (value as { cache?: unknown }).cache === moduleCache;
}

function isReference(value: unknown): boolean {
  return (typeof value === 'object' && value !== null) || typeof value === 'function' || typeof value === 'symbol';
}
