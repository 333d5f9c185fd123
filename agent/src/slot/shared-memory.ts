import { type FileHandle, open } from 'node:fs/promises';
import { types } from 'node:util';
import { parentPort, Worker } from 'node:worker_threads';
import { MegalithError } from '../errors.js';
import type { SharedType } from '../protocol/messages.js';
import { importBundle } from './loaded-job.js';
import type { SharedOrigin, SharedView } from './slot-messages.js';

/** One read; Node refuses more than 2 GiB at once. */
const readPiece = 64 * 1024 * 1024;

/** Brings one shared input into shared memory. */
export async function openShared(origin: SharedOrigin, entryFile: URL): Promise<SharedView> {
  if ('loader' in origin) return { ...(await runLoader(origin.loader, entryFile)), name: origin.name };
  const buffer = await readIntoSharedMemory(origin.file);
  return { name: origin.name, type: origin.type, buffer, byteOffset: 0, byteLength: buffer.byteLength };
}

async function readIntoSharedMemory(file: string): Promise<SharedArrayBuffer> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, 'r');
    const { size } = await handle.stat();
    const buffer = new SharedArrayBuffer(size);
    for (let at = 0; at < size; ) {
      const piece = new Uint8Array(buffer, at, Math.min(readPiece, size - at));
      const { bytesRead } = await handle.read(piece, 0, piece.length, at);
      if (bytesRead === 0) throw new MegalithError('CANNOT_SHARE', `"${file}" became shorter while it was read`);
      at += bytesRead;
    }
    return buffer;
  } finally {
    await handle?.close();
  }
}

export interface LoaderThreadData {
  readonly role: 'loader';
  readonly file: string;
  readonly captured: Uint8Array;
}

type Loaded = Omit<SharedView, 'name'>;
type LoaderAnswer = { readonly loaded: Loaded } | { readonly failed: string };

/** Runs a loader in a thread of its own: it may block as long as it likes. */
function runLoader(loader: { readonly file: string; readonly captured: Uint8Array }, entryFile: URL): Promise<Loaded> {
  return new Promise((resolve, reject) => {
    const data: LoaderThreadData = { role: 'loader', ...loader };
    const thread = new Worker(entryFile, { workerData: data, execArgv: [] });
    const fail = (why: string): void =>
      reject(new MegalithError('CANNOT_SHARE', `the loader of a shared input failed: ${why}`));
    thread.on('message', (answer: LoaderAnswer) => {
      if ('loaded' in answer) resolve(answer.loaded);
      else fail(answer.failed);
    });
    thread.on('error', error => fail(error.message));
    thread.on('exit', code => fail(`it exited with code ${code}`));
  });
}

/** The loader thread. */
export async function runLoaderThread(data: LoaderThreadData): Promise<void> {
  const answer = await load(data).catch((error: unknown): LoaderAnswer => ({ failed: String(error) }));
  parentPort?.postMessage(answer);
}

async function load({ file, captured }: LoaderThreadData): Promise<LoaderAnswer> {
  const loader = await importBundle(file, captured);
  const array: unknown = await loader();
  const view = describeArray(array);
  if (view === undefined)
    return { failed: 'it gave no typed array, Buffer, DataView, ArrayBuffer or SharedArrayBuffer' };
  if (types.isSharedArrayBuffer(view.buffer)) return { loaded: { ...view, buffer: view.buffer } };
  const buffer = new SharedArrayBuffer(view.byteLength);
  new Uint8Array(buffer).set(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  return { loaded: { type: view.type, buffer, byteOffset: 0, byteLength: view.byteLength } };
}

/** What kind of array a value is; undefined for anything else. */
function describeArray(
  value: unknown,
): { type: SharedType; buffer: ArrayBuffer | SharedArrayBuffer; byteOffset: number; byteLength: number } | undefined {
  if (types.isAnyArrayBuffer(value)) {
    return { type: 'ArrayBuffer', buffer: value, byteOffset: 0, byteLength: value.byteLength };
  }
  if (!ArrayBuffer.isView(value)) return undefined;
  const { buffer, byteOffset, byteLength } = value;
  const name = Buffer.isBuffer(value) ? 'Buffer' : Object.prototype.toString.call(value).slice(8, -1);
  return { type: name as SharedType, buffer: buffer as ArrayBuffer | SharedArrayBuffer, byteOffset, byteLength };
}
