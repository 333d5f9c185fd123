import { posix } from 'node:path';
import type { SourceFile } from './source-file.js';

export interface Import {
  /** The path of the importing file. */
  readonly from: string;
  /** As written: a package, a Node module, or a relative path. */
  readonly specifier: string;
  /** True where nothing is left of it at run time. */
  readonly typeOnly: boolean;
}

const statement = /^(?:import|export)\s+(?:(type)\s+)?[^;'"]*?\bfrom\s+'([^'\n]+)'/gm;
const bare = /^import\s+'([^'\n]+)'/gm;
const dynamic = /\bimport\('([^'\n]+)'\)/g;

/** What a file imports. */
export function importsOf(file: SourceFile): Import[] {
  const found: Import[] = [];
  for (const [, type, specifier] of file.text.matchAll(statement)) {
    found.push({ from: file.path, specifier: specifier!, typeOnly: type !== undefined });
  }
  for (const pattern of [bare, dynamic]) {
    for (const [, specifier] of file.text.matchAll(pattern))
      found.push({ from: file.path, specifier: specifier!, typeOnly: false });
  }
  return found;
}

export function isRelative({ specifier }: Import): boolean {
  return specifier.startsWith('.');
}

/** The source file that a relative import means: `agent/src/a.ts` for `./a.js` in `agent/src/b.ts`. */
export function targetOf({ from, specifier }: Import): string {
  return posix.join(posix.dirname(from), specifier).replace(/\.js$/, '.ts');
}
