import { fileURLToPath } from 'node:url';
import { LineIndex } from './line-index.js';

/** Code as V8 runs it: what a loader or a compiler made of the user's file. */
export interface Script {
  /** As V8 knows it; empty for code that was made from a string. */
  readonly url: string;
  /** The file behind it, without query; undefined for Node's own scripts and code made from a string. */
  readonly path: string | undefined;
  readonly source: string;
  readonly lines: LineIndex;
  /** What its `sourceMappingURL` comment says; empty where there is none. */
  readonly sourceMapUrl: string;
}

export function readScript(url: string, source: string, sourceMapUrl: string): Script {
  return { url, path: scriptPath(url), source, sourceMapUrl, lines: new LineIndex(source) };
}

/** The file of a script's URL or name; undefined for all that is not a file. */
export function scriptPath(url: string): string | undefined {
  if (url.startsWith('file://')) {
    // A query (`?v=2`) makes another module of the same file.
    const plain = new URL(url);
    plain.search = '';
    plain.hash = '';
    return fileURLToPath(plain);
  }
  return url.startsWith('/') || /^[A-Za-z]:[\\/]/.test(url) ? url : undefined;
}
