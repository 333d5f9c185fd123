import { constants } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { MegalithError } from '../errors.js';
import { decodeValue, encodeValue } from '../protocol/values.js';
import type { CloudObject } from './cloud-object.js';
import type { JobStorage } from './job-storage.js';
import { formRequest, putRequest } from './object-request.js';
import { nameOf, type ObjectRange, openObject } from './open-object.js';
import { bytesBody, type PutBody, spooledBody } from './put-body.js';
import { type PutObject, putInFolder } from './put-in-folder.js';
import { sendObject } from './send-object.js';

export interface TaskPutOptions {
  /** What its key ends with, for people. @defaultValue nothing */
  readonly name?: string;
}

/** Whose objects they are. */
export interface PuttingTask {
  readonly index: number;
  readonly attempt: number;
}

const longestName = 100;

/** Objects of stores, as a task sees them. */
export class TaskStorage {
  readonly #task: PuttingTask;
  readonly #storage: JobStorage | undefined;
  readonly #urlOf: (object: CloudObject) => string | undefined;
  readonly #signal: AbortSignal;
  #puts = 0;

  /** @param urlOf with which the client lets this task read an object */
  constructor(
    task: PuttingTask,
    storage: JobStorage | undefined,
    urlOf: (object: CloudObject) => string | undefined,
    signal: AbortSignal,
  ) {
    this.#task = task;
    this.#storage = storage;
    this.#urlOf = urlOf;
    this.#signal = signal;
  }

  // Bound, so that they work when they are taken out of it.
  readonly put = async (content: unknown, { name }: TaskPutOptions = {}): Promise<CloudObject> => {
    const storage = this.#storage;
    if (storage === undefined) {
      throw new MegalithError('NOT_CONFIGURED', 'there is no store that this task could put an object into', {
        hint: 'give the job one that machines can reach: store: "NAME" of megalith.yaml, or a URL such as s3://bucket/prefix',
      });
    }
    const { index, attempt } = this.#task;
    const random = randomBytes(8).toString('hex');
    const ending = name === undefined ? '' : `-${fitName(name)}`;
    // Other tries of the task have other keys, and what one of them left is never mixed with this.
    const isBytes = content instanceof Uint8Array || isStream(content);
    const own = `${index}-${attempt}-${++this.#puts}-${isBytes ? 'b' : 'v'}${random}${ending}`;
    const body = content instanceof Uint8Array || isStream(content) ? content : encodeValue(await content);
    const { etag, bytes, key } = await this.#send(storage, own, body);
    return {
      megalith: 'object',
      store: storage.store,
      key,
      etag,
      bytes,
      content: isBytes ? 'bytes' : 'value',
      label: storage.label,
    };
  };

  readonly get = async <T = unknown>(object: CloudObject): Promise<T> => {
    if (object.bytes > constants.MAX_LENGTH) {
      throw new MegalithError('OVER_MEMORY', `"${nameOf(object)}" is too large for one array`, {
        hint: 'take it by stream()',
      });
    }
    const bytes = new Uint8Array(object.bytes);
    let at = 0;
    for await (const chunk of this.stream(object)) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    return (object.content === 'value' ? decodeValue(bytes) : bytes) as T;
  };

  readonly stream = (
    object: CloudObject,
    { range }: { readonly range?: ObjectRange } = {},
  ): AsyncIterable<Uint8Array> => openObject(object, this.#urlOf(object), this.#signal, range);

  async #send(
    { grant, store, prefix, label }: JobStorage,
    own: string,
    content: Uint8Array | AsyncIterable<Uint8Array>,
  ): Promise<PutObject & { readonly key: string }> {
    const key = `${prefix}${own}`;
    const chunks = checked(content, key, this.#signal);
    if (grant.type === 'folder') return { ...(await putInFolder(grant.folder, key, chunks, label)), key };
    const body = content instanceof Uint8Array ? bytesBody(content) : await spooledBody(chunks);
    try {
      requireFit(body, key, grant.largestBytes);
      const shown = `${store}/${key}`;
      if (grant.type === 'form') {
        const request = formRequest(grant, own, body, shown);
        return { etag: (await sendObject(() => request, this.#signal)).etag, bytes: body.bytes, key };
      }
      // Such a grant puts nothing twice: a try whose answer was lost may have put its key.
      const nameOfTry = (tried: number): string => (tried === 1 ? own : `${own}-${tried}`);
      const { etag, tried } = await sendObject(
        number => putRequest(grant, nameOfTry(number), body, shown),
        this.#signal,
      );
      return { etag, bytes: body.bytes, key: `${prefix}${nameOfTry(tried)}` };
    } finally {
      await body.close();
    }
  }
}

function requireFit({ bytes }: PutBody, key: string, largestBytes: number): void {
  if (bytes <= largestBytes) return;
  throw new MegalithError('OVER_PAYLOAD', `"${key}" has ${bytes} bytes, and a task can put ${largestBytes} at once`, {
    hint: 'put it in several objects',
  });
}

/** As keys have it everywhere. */
function fitName(name: string): string {
  return name.replace(/[^A-Za-z0-9._-]+/g, '_').slice(0, longestName);
}

function isStream(content: unknown): content is AsyncIterable<Uint8Array> {
  return typeof content === 'object' && content !== null && Symbol.asyncIterator in content;
}

async function* checked(
  content: Uint8Array | AsyncIterable<Uint8Array>,
  key: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  if (content instanceof Uint8Array) {
    yield content;
    return;
  }
  for await (const chunk of content) {
    if (signal.aborted) {
      throw new MegalithError('CANCELLED', `putting "${key}" was ended, for its task was`, { cause: signal.reason });
    }
    if (!(chunk instanceof Uint8Array)) {
      throw new MegalithError('USAGE', `the stream for "${key}" gave something that is no Uint8Array`, {
        hint: 'encode text first: new TextEncoder().encode(text)',
      });
    }
    yield chunk;
  }
}
