import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Folders that hold TypeScript written by hand. */
const rooms = ['agent/src', 'packages/core/src', 'packages/standalone/src', 'packages/cli/src', 'examples', 'test/src'];
const root = fileURLToPath(new URL('../../../', import.meta.url));

/** A file of the repository: its path from the root, with `/`, and its text. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** Every TypeScript file of the repository, in the order of their paths. */
export function sourceFiles(): SourceFile[] {
  return rooms
    .flatMap(room => readdirSync(root + room, { recursive: true, encoding: 'utf8' }).map(path => `${room}/${path}`))
    .filter(path => path.endsWith('.ts') && !/\/(node_modules|dist)\//.test(path))
    .sort()
    .map(path => ({ path, text: readFileSync(root + path, 'utf8') }));
}
