/** Loads a shared input on the machine where the tasks run, once. It is shipped like any function. */
export type SharedLoader = () =>
  | SharedArrayBuffer
  | ArrayBufferView
  | ArrayBuffer
  | Promise<SharedArrayBuffer | ArrayBufferView | ArrayBuffer>;

/** A file of the machine where the tasks run, read into shared memory there; the client never holds it. */
export interface SharedFile {
  readonly kind: 'shared-file';
  readonly path: string;
  readonly type: SharedFileType;
}

/** How tasks may see a shared file. */
export const sharedFileTypes = [
  'Buffer',
  'Int8Array',
  'Uint8Array',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
] as const;
export type SharedFileType = (typeof sharedFileTypes)[number];

/** What may stand under a name in `shared`: an array or buffer of the client (copied once to the machine), a file, or a loader. */
export type SharedInput = ArrayBufferView | ArrayBuffer | SharedArrayBuffer | SharedFile | SharedLoader;

/**
 * Shares a file's bytes as an array of numbers in the machine's byte order.
 * @param type how tasks see it; `Buffer` by default
 */
export function sharedFile(path: string, type: SharedFileType = 'Buffer'): SharedFile {
  return { kind: 'shared-file', path, type };
}
