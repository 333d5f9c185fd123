import path from 'node:path';
import type { Capture, CodeDefinition, DataDefinition, Definition, ModuleRequest } from './definitions.js';
import { nameDefinitions } from './name-definitions.js';
import { orderClasses } from './order-classes.js';
import { originalPosition } from './original-position.js';
import { MappedText } from './source-map-writer.js';

/** A module that is ready for the bundler. */
export interface ModuleText {
  /** Its imports read `megalith-ship:<index in modules>`. */
  readonly contents: string;
  readonly modules: readonly ModuleRequest[];
}

/** A module, and the values that travel beside it by the names that it reads them under. */
export interface WrittenModule extends ModuleText {
  readonly captured: ReadonlyMap<string, DataDefinition>;
}

export const modulePrefix = 'megalith-ship:';

const parameter = 'captured';
/** esbuild's banner defines it. */
const banner = 'require';

/**
 * Writes a capture as one module in one flat scope, where functions and classes stand much as the user wrote them: they may call
 * each other, unused imports fall away, and stacks show the user's names and lines.
 */
export function writeModule({ root, definitions }: Capture): WrittenModule {
  return new ModuleWriter(definitions).write(root);
}

/** A module that gives one export of another, unchanged. */
export function writeReexport(module: ModuleRequest, exported: string, label: string): ModuleText {
  const contents = [
    `import { ${exportName(exported)} as exported } from ${JSON.stringify(`${modulePrefix}0`)};`,
    'export default () => {',
    `  if (typeof exported !== 'function') throw new TypeError(${JSON.stringify(`${label} is not a function`)});`,
    '  return exported;',
    '};',
    '',
  ].join('\n');
  return { contents, modules: [module] };
}

class ModuleWriter {
  readonly #definitions: readonly Definition[];
  readonly #names: ReadonlyMap<Definition, string>;
  readonly #modules: ModuleRequest[] = [];
  readonly #out = new MappedText();

  constructor(definitions: readonly Definition[]) {
    this.#definitions = definitions;
    this.#names = nameDefinitions(definitions, [parameter, banner]);
  }

  write(root: CodeDefinition): WrittenModule {
    const out = this.#out;
    this.#writeImports();
    out.write(`export default function (${parameter}) {\n`);
    const data = this.#definitions.filter(item => item.kind === 'data');
    const captured = new Map(data.map(item => [this.#name(item), item]));
    if (captured.size > 0) out.write(`const { ${[...captured.keys()].join(', ')} } = ${parameter};\n`);
    for (const item of this.#definitions) {
      if (item.kind === 'expression') out.write(`const ${this.#name(item)} = ${item.expression};\n`);
    }
    const functions = this.#definitions.filter(item => item.kind === 'code').filter(item => !item.code.isClass);
    for (const item of functions) this.#writeCode(item);
    for (const item of functions) this.#writeProperties(item);
    for (const item of data) this.#writeFunctionsOf(item, definition => !isClass(definition));
    for (const item of orderClasses(this.#definitions)) {
      this.#writeCode(item);
      this.#writeProperties(item);
    }
    for (const item of data) this.#writeFunctionsOf(item, isClass);
    out.write(`return ${this.#name(root)};\n}`);
    return { contents: out.toString(), modules: this.#modules, captured };
  }

  #writeImports(): void {
    for (const item of this.#definitions) {
      if (item.kind !== 'import') continue;
      const name = this.#name(item);
      const from = this.#module(item.module);
      if (item.imported === 'require') this.#out.write(`const ${name} = require(${from});\n`);
      else if (item.imported === '*') this.#out.write(`import * as ${name} from ${from};\n`);
      else this.#out.write(`import { ${exportName(item.imported)} as ${name} } from ${from};\n`);
    }
  }

  #writeCode(definition: CodeDefinition): void {
    const { code } = definition;
    const name = this.#name(definition);
    // A declaration that has its name already reads as the user wrote it.
    const isDeclaration = code.form === 'expression' && code.ownName === name;
    if (!isDeclaration) this.#out.write(`const ${name} = `);
    if (code.form === 'method') this.#out.write('Object.values({ ');
    this.#writeText(definition);
    if (code.form === 'method') this.#out.write(' })[0]');
    this.#out.write(isDeclaration ? '\n' : ';\n');
  }

  #writeText({ code, script, offset, bindings, base }: CodeDefinition): void {
    const edits: { readonly start: number; readonly end: number; readonly text: string }[] = [];
    const heritage = code.shape?.heritage;
    if (heritage !== undefined && base !== undefined) edits.push({ ...heritage, text: this.#name(base) });
    for (const { name, start, end, shorthand } of code.references) {
      const definition = bindings.get(name);
      const written = definition === undefined ? name : this.#name(definition);
      if (written !== name) edits.push({ start, end, text: shorthand ? `${name}: ${written}` : written });
    }
    const fromDir = script.path === undefined ? process.cwd() : path.dirname(script.path);
    for (const { form, specifier, start, nameStart, nameEnd } of code.bodyImports) {
      if (form === 'require' && bindings.has('require')) continue;
      if (form === 'vite-import') edits.push({ start, end: code.text.indexOf('(', start), text: 'import' });
      if (specifier === undefined) continue;
      edits.push({ start: nameStart, end: nameEnd, text: this.#module({ specifier, fromDir }) });
    }
    let at = 0;
    let landmark = 0;
    const copyTo = (end: number): void => {
      for (; code.landmarks[landmark] !== undefined && code.landmarks[landmark]! <= end; landmark++) {
        const mark = code.landmarks[landmark]!;
        if (mark < at) continue;
        this.#out.write(code.text.slice(at, mark));
        this.#out.mark(originalPosition(script, offset + mark));
        at = mark;
      }
      this.#out.write(code.text.slice(at, end));
      at = end;
    };
    for (const edit of edits.sort((a, b) => a.start - b.start)) {
      copyTo(edit.start);
      this.#out.write(edit.text);
      at = edit.end;
    }
    copyTo(code.text.length);
  }

  #writeProperties(definition: CodeDefinition): void {
    for (const [key, value] of definition.properties) {
      this.#out.write(`${this.#name(definition)}[${JSON.stringify(key)}] = ${this.#name(value)};\n`);
    }
  }

  #writeFunctionsOf(data: DataDefinition, wanted: (definition: Definition) => boolean): void {
    for (const { keys, definition } of data.functions) {
      if (!wanted(definition)) continue;
      const target = keys.map(key => `[${JSON.stringify(key)}]`).join('');
      this.#out.write(`${this.#name(data)}${target} = ${this.#name(definition)};\n`);
    }
  }

  /** The specifier of a module, as a literal. */
  #module(module: ModuleRequest): string {
    let index = this.#modules.findIndex(item => item.specifier === module.specifier && item.fromDir === module.fromDir);
    if (index === -1) index = this.#modules.push(module) - 1;
    return JSON.stringify(`${modulePrefix}${index}`);
  }

  #name(definition: Definition): string {
    return this.#names.get(definition)!;
  }
}

function isClass(definition: Definition): boolean {
  return definition.kind === 'code' && definition.code.isClass;
}

/** Export names may be any string. */
function exportName(name: string): string {
  return /^[\w$]+$/.test(name) ? name : JSON.stringify(name);
}
