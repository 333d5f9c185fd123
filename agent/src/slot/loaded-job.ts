import { pathToFileURL } from 'node:url';
import { types } from 'node:util';
import type { JobStorage } from '../data/job-storage.js';
import { encodeThrown } from '../protocol/error-codec.js';
import type { Failure } from '../protocol/messages.js';
import { canTravel, decodeValue } from '../protocol/values.js';
import type { JobLoad, SharedView } from './slot-messages.js';
import type { TaskContext } from './task-context.js';

/** A job whose module is in this slot. */
export interface LoadedJob {
  readonly run: (item: unknown, context: TaskContext) => unknown;
  readonly shared: Readonly<Record<string, unknown>>;
  readonly storage: JobStorage | undefined;
  /** Makes environment and working folder those of the job. */
  enter(): void;
  /** Gives the environment back as it was. */
  leave(): void;
}

/** Imports a bundle and gives what its default export makes of the captured values. */
export async function importBundle(file: string, captured: Uint8Array): Promise<(...parameters: never[]) => unknown> {
  const module = (await import(pathToFileURL(file).href)) as { default: (captured: unknown) => unknown };
  const made = module.default(captured.length === 0 ? {} : decodeValue(captured));
  if (typeof made !== 'function') throw new TypeError(`the bundle "${file}" gave ${typeof made}, not a function`);
  return made as (...parameters: never[]) => unknown;
}

/** Loads a job; what it throws is what the module threw. */
export async function loadJob(
  load: JobLoad,
  views: readonly SharedView[],
  canChangeFolder: boolean,
): Promise<LoadedJob> {
  const before = new Map<string, string | undefined>();
  const enter = (): void => {
    for (const [name, value] of Object.entries(load.env)) {
      before.set(name, process.env[name]);
      process.env[name] = value;
    }
    if (canChangeFolder && !isIn(load.cwd)) process.chdir(load.cwd);
  };
  const leave = (): void => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  };
  enter();
  try {
    const run = await importBundle(load.file, load.captured);
    const shared = Object.freeze(Object.fromEntries(views.map(view => [view.name, openView(view)])));
    return { run: run as LoadedJob['run'], shared, storage: load.storage, enter, leave };
  } catch (error) {
    leave();
    throw error;
  }
}

/** Whether this process is there; where a task went to, and its folder was removed since, it is nowhere. */
function isIn(folder: string): boolean {
  try {
    return process.cwd() === folder;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

function openView({ type, buffer, byteOffset, byteLength }: SharedView): unknown {
  switch (type) {
    case 'ArrayBuffer':
      // Tasks get the shared memory itself: an ArrayBuffer could not be seen by all.
      return buffer;
    case 'Buffer':
      return Buffer.from(buffer as unknown as ArrayBuffer, byteOffset, byteLength);
    case 'DataView':
      return new DataView(buffer, byteOffset, byteLength);
    default: {
      const View = globalThis[type];
      return new View(buffer as unknown as ArrayBuffer, byteOffset, byteLength / View.BYTES_PER_ELEMENT);
    }
  }
}

/** Why a module did not load, for the job's failure. */
export function loadFailure(thrown: unknown): Failure {
  const message = types.isNativeError(thrown) ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return {
    code: 'CANNOT_SHIP',
    message: `the function's module does not load where the task runs: ${message}`,
    hint: 'its top level runs once in every worker; what it needs must be there',
    thrown: encodeThrown(thrown, canTravel),
  };
}
