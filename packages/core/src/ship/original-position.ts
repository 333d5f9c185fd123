import { readFileSync } from 'node:fs';
import { findSourceMap, SourceMap, type SourceMapPayload } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Position } from './line-index.js';
import type { Script } from './script.js';

/** A place in a file that the user wrote; line and column count from 0. */
export interface OriginalPosition extends Position {
  readonly path: string;
}

const maps = new WeakMap<Script, SourceMap | null>();

/** Where the user wrote what stands at this offset of a script; the script's own place where no source map tells. */
export function originalPosition(script: Script, offset: number): OriginalPosition | undefined {
  const position = script.lines.positionOf(offset);
  const entry = mapOf(script)?.findEntry(position.line, position.column);
  if (entry !== undefined && 'originalSource' in entry && entry.originalSource !== undefined) {
    const source = sourcePath(entry.originalSource, script);
    if (source !== undefined) return { path: source, line: entry.originalLine, column: entry.originalColumn };
  }
  return script.path === undefined ? undefined : { path: script.path, ...position };
}

/** `src/main.ts:12`, from the working directory for what lies below it. */
export function placeName(position: OriginalPosition): string {
  const relative = path.relative(process.cwd(), position.path);
  const file = relative.startsWith('..') || path.isAbsolute(relative) ? position.path : relative;
  return `${file}:${position.line + 1}`;
}

function mapOf(script: Script): SourceMap | null {
  const known = maps.get(script);
  if (known !== undefined) return known;
  const map = findSourceMap(script.url) ?? readMap(script);
  maps.set(script, map ?? null);
  return map ?? null;
}

/** Node keeps source maps only where it was told to; the script's own comment is always there. */
function readMap(script: Script): SourceMap | undefined {
  if (script.sourceMapUrl === '') return undefined;
  try {
    return new SourceMap(JSON.parse(mapText(script)) as SourceMapPayload);
  } catch {
    // A map that is missing or broken costs precision only: places are then those of the compiled file.
    return undefined;
  }
}

function mapText(script: Script): string {
  const data = /^data:[^,]*?(;base64)?,/.exec(script.sourceMapUrl);
  if (data !== null) {
    const body = script.sourceMapUrl.slice(data[0].length);
    return data[1] === undefined ? decodeURIComponent(body) : Buffer.from(body, 'base64').toString('utf8');
  }
  return readFileSync(new URL(script.sourceMapUrl, baseUrl(script)), 'utf8');
}

function sourcePath(source: string, script: Script): string | undefined {
  try {
    return fileURLToPath(new URL(source, baseUrl(script)));
  } catch {
    // Sources such as `webpack://app/x` name no file.
    return undefined;
  }
}

function baseUrl(script: Script): string {
  return script.path === undefined ? script.url : pathToFileURL(script.path).href;
}
