import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { MegalithError } from '@megalith/agent';

/** An export, named instead of held. */
export interface ModuleExport {
  readonly path: string;
  readonly exportName: string;
}

const marker = Symbol.for('megalith.module-export');

/**
 * Names a function by its module and export, for the cases where it cannot be found by itself: exotic loaders, programs that were
 * bundled into one file. Executors take the result like any function; called directly, it runs the export here.
 *
 * @example
 * await executor.map(fromModule(new URL('./work.js', import.meta.url), 'resize'), files);
 * @param url a `file:` URL, or an absolute path
 * @throws MegalithError USAGE for any other URL
 */
export function fromModule<I = unknown, O = unknown>(
  url: string | URL,
  exportName: string,
): (item: I, ...rest: unknown[]) => Promise<O> {
  const file = filePath(url);
  const call = async (...args: unknown[]): Promise<O> => {
    const module = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
    const fn = module[exportName];
    if (typeof fn !== 'function') {
      throw new MegalithError('USAGE', `'${exportName}' of '${file}' is not a function`, {
        hint: 'check the name of the export',
      });
    }
    return fn(...args) as O;
  };
  const target: ModuleExport = { path: file, exportName };
  Object.defineProperty(call, 'name', { value: exportName });
  return Object.defineProperty(call, marker, { value: target });
}

/** What `fromModule` put into a function; undefined for any other. */
export function moduleExportOf(fn: object): ModuleExport | undefined {
  return (fn as { readonly [marker]?: ModuleExport })[marker];
}

function filePath(url: string | URL): string {
  const text = String(url);
  if (text.startsWith('file:')) return fileURLToPath(text);
  if (path.isAbsolute(text)) return text;
  throw new MegalithError('USAGE', `'${text}' is not a file URL or an absolute path`, {
    hint: "write new URL('./work.js', import.meta.url)",
  });
}
