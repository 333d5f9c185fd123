import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { moduleFacts } from './module-facts.js';
import { type Script, scriptPath } from './script.js';

/** A place in a script where the code that called us stands, or awaits. */
export interface Frame {
  readonly path: string;
  readonly offset: number;
}

const maxFrames = 200;

/** Where the current call comes from, innermost first, across `await`. */
export function currentFrames(): readonly Frame[] {
  const { prepareStackTrace, stackTraceLimit } = Error;
  let sites: readonly NodeJS.CallSite[] = [];
  try {
    Error.stackTraceLimit = maxFrames;
    Error.prepareStackTrace = (_, found) => {
      sites = found;
      return '';
    };
    void new Error('the stack is wanted').stack;
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
  }
  return sites.flatMap(site => {
    const path = scriptPath(site.getScriptNameOrSourceURL() ?? '');
    return path === undefined ? [] : [{ path, offset: site.getPosition() }];
  });
}

/**
 * True for a module that must not be evaluated again elsewhere, because that would run the program again: the one that
 * Node was started with, and any that is being evaluated now.
 */
export function isRunning(script: Script, frames: readonly Frame[]): boolean {
  if (script.path === undefined || isEntry(script.path)) return true;
  return frames.some(frame => {
    if (frame.path !== script.path) return false;
    return !moduleFacts(script).functionRanges.some(([start, end]) => start <= frame.offset && frame.offset < end);
  });
}

/** True for the file that Node was started with, or the test file that vitest runs. */
export function isEntry(path: string): boolean {
  const worker = (globalThis as { __vitest_worker__?: { filepath?: unknown } }).__vitest_worker__;
  return mainPaths().has(path) || worker?.filepath === path;
}

let main: { readonly argument: string | undefined; readonly paths: ReadonlySet<string> } | undefined;

function mainPaths(): ReadonlySet<string> {
  const argument = process.argv[1];
  if (main === undefined || main.argument !== argument) {
    main = { argument, paths: new Set(argument === undefined ? [] : pathsOf(argument)) };
  }
  return main.paths;
}

/** `node main` may leave the extension out, and links lead elsewhere. */
function* pathsOf(argument: string): Generator<string> {
  yield argument;
  for (const find of [realpathSync, createRequire(import.meta.url).resolve]) {
    try {
      yield find(argument);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
}

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'MODULE_NOT_FOUND';
}
