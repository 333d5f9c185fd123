import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import {
  controlFrame,
  frameParts,
  frameType,
  type JobSpec,
  type LambdaRequest,
  protocolVersion,
} from '@megalith/agent';
import { sharedPieces } from '../agent/shared-pieces.js';
import type { SharedPart } from '../backend.js';
import { type CallTask, callJob, tasksPayload } from './call-tasks.js';

const compress = promisify(gzip);

/** The largest request of a synchronous call, bytes of JSON. AWS: "Lambda quotas". */
export const requestLimitBytes = 6_291_456;
/** What base64 makes of three bytes, and a request has around them. */
const base64Growth = 4 / 3;
const aroundBytes = 256;

/** Frames that fit into a request are at most so many bytes, as they are or compressed. */
export const inlineLimitBytes = Math.floor((requestLimitBytes - aroundBytes) / base64Growth);

/** The fastest: the client has many calls to pack, and the function is paid for while it unpacks. */
const compression = { level: 1 } as const;
const worthwhileBytes = 1024;
/** Nobody waits to see whether so much becomes small enough. */
const hopelessBytes = 32 * 2 ** 20;

/** What all calls of a job begin with: what it is, and its shared inputs. Compressed once; a stream of gzip may have several parts. */
export class CallPacker {
  readonly #prelude: readonly Uint8Array[];
  #compressed: Promise<Buffer> | undefined;
  readonly preludeBytes: number;

  constructor(spec: JobSpec, shared: readonly SharedPart[]) {
    this.#prelude = [
      ...frameParts(controlFrame({ type: 'submit', spec })),
      ...shared.flatMap(({ bytes }, position) => (bytes === undefined ? [] : sharedFrames(position, bytes))),
    ];
    this.preludeBytes = this.#prelude.reduce((sum, part) => sum + part.length, 0);
  }

  /** What all calls begin with, as it is. */
  prelude(): Buffer {
    return Buffer.concat(this.#prelude);
  }

  /** The frames of a call as they are; without its beginning where the function has that from elsewhere. */
  frames(tasks: readonly CallTask[], withPrelude: boolean): Buffer {
    return Buffer.concat([...(withPrelude ? this.#prelude : []), ...framesOf(tasks)]);
  }

  /** The same as they go into a request; undefined where they would not fit one. */
  async packed(tasks: readonly CallTask[], withPrelude: boolean): Promise<LambdaRequest['frames'] | undefined> {
    const rest = Buffer.concat(framesOf(tasks));
    const bytes = rest.length + (withPrelude ? this.preludeBytes : 0);
    if (bytes > hopelessBytes) return undefined;
    if (bytes < worthwhileBytes) return { base64: this.frames(tasks, withPrelude).toString('base64') };
    const parts = await Promise.all([...(withPrelude ? [this.#compressedPrelude()] : []), compress(rest, compression)]);
    if (parts.reduce((sum, part) => sum + part.length, 0) > inlineLimitBytes) return undefined;
    return { base64: Buffer.concat(parts).toString('base64'), gzip: true };
  }

  #compressedPrelude(): Promise<Buffer> {
    this.#compressed ??= compress(this.prelude(), compression);
    return this.#compressed;
  }
}

/** A request as it travels. */
export function requestBytes(request: Omit<LambdaRequest, 'megalith'>): Buffer {
  return Buffer.from(JSON.stringify({ megalith: protocolVersion, ...request }));
}

function framesOf(tasks: readonly CallTask[]): Uint8Array[] {
  return [
    ...frameParts({ type: frameType.tasks, payload: tasksPayload(tasks) }),
    ...frameParts(controlFrame({ type: 'end', job: callJob, taskCount: tasks.length })),
  ];
}

function sharedFrames(position: number, bytes: Uint8Array): Uint8Array[] {
  return [...sharedPieces(callJob, position, bytes)].flatMap(piece =>
    frameParts({ type: frameType.shared, payload: Buffer.concat(piece) }),
  );
}
