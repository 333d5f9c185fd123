import { readlinkSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';

/** The whole paths of what a job reads, and where links among them lead to: the label of either counts. */
export function readPaths(paths: readonly string[]): readonly string[] {
  return [...new Set(paths.flatMap(path => [resolve(path), realPath(path)]))];
}

/** The file that standard input comes from; undefined for a pipe, and where the system does not say. */
export function stdinPath(): string | undefined {
  const path = tried(() => readlinkSync('/proc/self/fd/0'));
  return path?.startsWith('/') ? path : undefined;
}

/** What is not there is its reader's to report. */
function realPath(path: string): string {
  return tried(() => realpathSync.native(path)) ?? resolve(path);
}

function tried(read: () => string): string | undefined {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall !== undefined) return undefined;
    throw error;
  }
}
