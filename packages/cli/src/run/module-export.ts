import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MegalithError } from '@megalith/core';

/** A function by its module and its name in there. */
export interface ModuleExport {
  /** As the user wrote it. */
  readonly module: string;
  readonly exportName: string;
}

/**
 * Reads `MODULE#EXPORT`; without `#` the default export is meant.
 * @throws MegalithError USAGE
 */
export function moduleExport(text: string): ModuleExport {
  const at = text.lastIndexOf('#');
  const module = at === -1 ? text : text.slice(0, at);
  const exportName = at === -1 ? 'default' : text.slice(at + 1);
  if (module === '' || exportName === '') {
    throw new MegalithError('USAGE', `"${text}" does not name a function`, {
      hint: 'write MODULE#EXPORT, for example ./work.ts#simulate',
    });
  }
  return { module, exportName };
}

/** Of `--reduce`: `EXPORT` of the same module, or `MODULE#EXPORT`. */
export function reduceExport(text: string, work: ModuleExport): ModuleExport {
  return text.includes('#') ? moduleExport(text) : { module: work.module, exportName: text };
}

/** Where the module lies: a path from the working directory. */
export function moduleUrl({ module }: ModuleExport): URL {
  return module.startsWith('file:') ? new URL(module) : pathToFileURL(resolve(module));
}
