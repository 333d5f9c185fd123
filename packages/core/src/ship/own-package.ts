import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Name of the package that this code is part of. */
export const ownName = '@megalith/core';

/** The installed package's entrance, which a bundle imports from where it is: a task's executor is this very code. */
export function ownEntrance(): string {
  return path.join(packageRoot(), 'dist', 'index.js');
}

/** True for files that make up the installed package itself. */
export function isOwnFile(file: string): boolean {
  return file.startsWith(path.join(packageRoot(), 'dist') + path.sep);
}

function packageRoot(): string {
  let dir = path.dirname(fileURLToPath(import.meta.url));
  while (!existsSync(path.join(dir, 'package.json'))) dir = path.dirname(dir);
  return dir;
}
